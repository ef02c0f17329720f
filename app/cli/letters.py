"""`quadrille dead-letters …`: what the product gave up, to be looked at, redriven or discarded."""

import asyncio
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.cli import queue_letters
from app.cli.remote import api
from backend.core.errors import Invalid

_letters = typer.Typer(
    help="Dead letters: list, show, redrive, discard; `queue` for messages of the queue.",
    no_args_is_help=True,
)
Ids = Annotated[list[str] | None, typer.Argument(help="Ids of letters; or choose by the options.")]
Reason = Annotated[str, typer.Option(help="Only poison, unreadable, compensation or event.")]
Workflow = Annotated[str, typer.Option(help="Only of this workflow.")]
Text = Annotated[str, typer.Option(help="Only with this in the id, run, node, workflow or message.")]
Everything = Annotated[bool, typer.Option("--all", help="All that are open.")]


def register(cli: typer.Typer) -> None:
    """Add the commands of this file."""
    cli.add_typer(_letters, name="dead-letters")
    _letters.add_typer(queue_letters.cli, name="queue")


@_letters.command("list")
def list_(
    status: Annotated[str, typer.Option(help="open, redriven, discarded, or empty for all.")] = "open",
    reason: Reason = "",
    workflow: Workflow = "",
    text: Text = "",
    limit: Annotated[int, typer.Option(min=1, max=200)] = 20,
) -> None:
    """The newest letters."""
    query = _given(status=status, reason=reason, workflow=workflow, text=text) | {"limit": limit}
    asyncio.run(_list(query))


async def _list(query: dict[str, Any]) -> None:
    async with api() as server:
        page = await server.call("GET", "/dead-letters", params=query)
    table = Table(box=None)
    table.add_column("Letter", no_wrap=True, min_width=29)  # an id is there to be copied whole
    for title in ("Workflow", "Reason", "State", "Given up"):
        table.add_column(title)
    for row in page["items"]:
        cells = (row["workflow_name"], row["reason"], row["status"], row["created_at"][:16])
        table.add_row(row["id"], *map(escape, cells))
    Console().print(table)
    typer.echo(f"{page['open_count']} open.", err=True)


@_letters.command()
def show(letter_id: str) -> None:
    """A letter with its reason, what to do, and the sagas that are open."""
    asyncio.run(_show(letter_id))


async def _show(letter_id: str) -> None:
    async with api() as server:
        Console().print_json(data=await server.call("GET", f"/dead-letters/{letter_id}"))


@_letters.command()
def redrive(  # noqa: PLR0913, PLR0917 - an option for each
    ids: Ids = None,
    version: Annotated[str, typer.Option(help="published, draft or a version's id; empty: the same.")] = "",
    reason: Reason = "",
    workflow: Workflow = "",
    text: Text = "",
    everything: Everything = False,
    per_minute: Annotated[float, typer.Option(help="So many begin a minute; 0: all at once.")] = 0,
) -> None:
    """Go on with what was given up; the exit status is 0 only if nothing is refused."""
    chosen = _chosen(ids, _given(reason=reason, workflow=workflow, text=text), everything=everything)
    asyncio.run(_act("redrive", chosen | {"version": version or None, "per_minute": per_minute or None}))


@_letters.command()
def discard(
    note: Annotated[str, typer.Option(help="Why; those who look later read it.")],
    ids: Ids = None,
    reason: Reason = "",
    workflow: Workflow = "",
    text: Text = "",
    everything: Everything = False,
) -> None:
    """Close letters with a note; a compensation counts as settled by hand."""
    chosen = _chosen(ids, _given(reason=reason, workflow=workflow, text=text), everything=everything)
    asyncio.run(_act("discard", chosen | {"note": note}))


async def _act(verb: str, wanted: dict[str, Any]) -> None:
    async with api() as server:
        done = await server.call("POST", f"/dead-letters/{verb}", json=wanted)
    console = Console(highlight=False, soft_wrap=True)
    for one in done["items"]:
        more = one["new_run_id"] or f"{one['message']} {one['fix']}".strip()
        console.print(f"{one['id']}  {one['outcome']}  {escape(more)}")
    if done["left"]:
        typer.echo(f"{done['left']} more match; call again.", err=True)
    if any(one["outcome"] == "refused" for one in done["items"]):
        raise typer.Exit(1)


def _given(**fields: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def _chosen(ids: list[str] | None, filter_: dict[str, str], *, everything: bool) -> dict[str, Any]:
    if ids and (filter_ or everything):
        raise Invalid("Ids and a choice do not go together.", fix="Give ids, or options such as --reason.")
    if not (ids or filter_ or everything):
        raise Invalid("Which letters?", fix="Give ids, or --reason, --workflow, --text, or --all.")
    return {"ids": ids} if ids else {"filter": filter_}
