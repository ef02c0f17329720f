"""`quadrille plans …`: what became of plans in runs, what is done about it without asking, and planning the rest again."""

import asyncio
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.cli.remote import api
from backend.core.errors import Invalid

cli = typer.Typer(help="Plans and their runs: list, runs, policy, replan, decide.", no_args_is_help=True)
_RULES = ("ask", "perform")
_TONES = {"high": "red", "medium": "yellow", "low": "dim"}
Plan = Annotated[str, typer.Argument(help="Id of the plan, as `quadrille plans list` shows it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON.")]


@cli.command("list")
def list_(limit: Annotated[int, typer.Option(min=1, max=200)] = 20) -> None:
    """The newest plans."""
    page = asyncio.run(_call("GET", "/plans", params={"limit": limit}))
    table = Table(box=None)
    table.add_column("Plan", no_wrap=True, min_width=31)  # an id is there to be copied whole
    for title in ("Title", "State", "Version", "Accepted"):
        table.add_column(title)
    for one in page["items"]:
        accepted = f"v{one['accepted_version']}" if one["accepted_version"] else ""
        table.add_row(one["id"], escape(one["title"]), one["state"], f"v{one['version']}", accepted)
    Console().print(table)


@cli.command()
def runs(plan: Plan, limit: Annotated[int, typer.Option(min=1, max=50)] = 10, json: AsJson = False) -> None:
    """The newest runs beside the plan: where they stand, where they left it, and what was done about it."""
    page = asyncio.run(_call("GET", f"/plans/{plan}/runs", params={"limit": limit}))
    if json:
        Console().print_json(data=page)
        return
    if not page["items"]:
        typer.echo("No run has been compared with this plan yet.", err=True)
    for run in page["items"]:
        _show(run)


@cli.command()
def policy(
    plan: Plan,
    reallocate: Annotated[
        str, typer.Option(help="ask or perform: give tasks that have not begun to others.")
    ] = "",
    replan: Annotated[str, typer.Option(help="ask or perform: plan the rest again.")] = "",
    most_added: Annotated[
        float | None, typer.Option(min=0, max=1000, help="Percent that it may cost more than planned.")
    ] = None,
) -> None:
    """Show what is done without asking when a run leaves the plan, or set it; what is not given stays."""
    for name, rule in (("--reallocate", reallocate), ("--replan", replan)):
        if rule and rule not in _RULES:
            raise Invalid(f"{name} cannot be {rule!r}.", fix=f"Use {' or '.join(_RULES)}.")
    wish: dict[str, Any] = {"reallocate": reallocate, "replan": replan}
    changed = {name: rule for name, rule in wish.items() if rule}
    changed |= {} if most_added is None else {"most_added_cost": most_added / 100}
    Console().print_json(data=asyncio.run(_policy(plan, changed)))


@cli.command("replan")
def replan_(
    plan: Plan,
    run: Annotated[str, typer.Argument(help="A run that goes on, as `quadrille plans runs` shows it.")],
    model: Annotated[
        str, typer.Option(help="A model that takes the rest apart; empty: as the plan was made.")
    ] = "",
    json: AsJson = False,
) -> None:
    """Take the rest of a run apart again and plan it anew; what is done stays. The status is 1 where it could not be done."""
    found = asyncio.run(_call("POST", f"/plans/{plan}/runs/{run}/replan", json={"model": model}))
    done = found["adaptations"][-1]
    if json:
        Console().print_json(data=found)
    else:
        Console(highlight=False).print(_told(done))
    if done["state"] == "failed":
        raise typer.Exit(1)


@cli.command()
def decide(
    plan: Plan,
    adaptation: Annotated[str, typer.Argument(help="What is proposed, by its id.")],
    accept: Annotated[bool, typer.Option("--accept/--dismiss", help="Do it, or leave it.")],
) -> None:
    """Do what is proposed for a run, or leave it."""
    asyncio.run(_call("POST", f"/plans/{plan}/adaptations/{adaptation}", json={"accept": accept}))
    typer.echo("Accepted." if accept else "Dismissed.", err=True)


async def _call(method: str, path: str, **more: Any) -> Any:
    async with api() as server:
        return await server.call(method, path, **more)


async def _policy(plan: str, changed: dict[str, Any]) -> dict[str, Any]:
    async with api() as server:
        known = await server.call("GET", f"/plans/{plan}/policy")
        if not changed:
            return known
        del known["set_by"]
        return await server.call("PUT", f"/plans/{plan}/policy", json=known | changed)


def _show(run: dict[str, Any]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"{run['run_id']}  [dim]{'. '.join(_stands(run))}[/]")
    for one in run["deviations"]:
        console.print(f"  [{_TONES[one['severity']]}]{one['severity']:<6}[/] {escape(one['message'])}")
    for one in run["adaptations"]:
        console.print(f"  {one['id']}  {_told(one)}")


def _stands(run: dict[str, Any]) -> Iterator[str]:
    yield f"{'Over' if run['is_over'] else 'Under way'}, by version {run['version']}"
    if seen := run["forecast"]:
        yield f"{seen['done']} of {seen['tasks']} tasks done"
        yield f"ends after {seen['end']:.0f} s, planned {seen['planned_end']:.0f} s"
        yield f"${seen['cost']:.4f}, planned ${seen['planned_cost']:.4f}"


def _told(one: dict[str, Any]) -> str:
    """What was proposed, what became of it, and why."""
    by = " by the plan's policy" if one["by_policy"] and one["state"] == "done" else ""
    parts = (one["outcome"], one["left_why"], one["reason"])
    said = " ".join(f"{part.rstrip('.')}." for part in parts if part)
    return f"[bold]{one['kind']}[/] {one['state']}{by}: {escape(said)}"
