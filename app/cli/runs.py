"""`quadrille run` and `quadrille runs …`: starting, following and steering runs."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from app.cli import acting
from app.cli.given import json_of
from app.cli.remote import Api, api
from backend.core.errors import Invalid

_runs = typer.Typer(
    help="Runs: list, show, events, cancel, pause, resume, retry, fork, replay, repair, signal.",
    no_args_is_help=True,
)
_COLOURS = {"succeeded": "green", "failed": "red", "cancelled": "dim", "skipped": "dim", "waiting": "yellow"}


def register(cli: typer.Typer) -> None:
    """Add the commands of this file."""
    cli.command()(run)
    acting.register(_runs)
    cli.add_typer(_runs, name="runs")


def run(
    name: Annotated[str, typer.Argument(help="Slug or id of the workflow.")],
    input: Annotated[str, typer.Option(help="JSON, @file.json, or - for standard input.")] = "{}",
    follow: Annotated[bool, typer.Option(help="Show the events until the end.")] = False,
    version: Annotated[str, typer.Option(help="draft, published, or a version's id.")] = "published",
) -> None:
    """Start a run; with --follow the exit status is 0 only if it succeeds."""
    asyncio.run(_run(name, json_of(input), follow=follow, version=version))


async def _run(name: str, value: Any, *, follow: bool, version: str) -> None:
    async with api() as server:
        body = {"input": value, "version": version}
        started = await server.call("POST", f"/workflows/{name}/runs", json=body)
        typer.echo(f"Run {started['id']} is {started['status']}.", err=True)
        if follow:
            await _follow(server, started["id"])
        else:
            typer.echo(started["id"])


async def _follow(server: Api, run_id: str) -> None:
    console = Console(stderr=True, highlight=False)
    async for event in server.events(run_id):
        if event["seq"] is not None:
            console.print(_line(event))
    ended = await server.call("GET", f"/runs/{run_id}")
    Console().print_json(data=ended["output"] if ended["status"] == "succeeded" else ended["error"])
    if ended["status"] != "succeeded":
        raise typer.Exit(1)


def _line(event: dict[str, Any]) -> str:
    word = event["kind"].partition(".")[2]
    colour = _COLOURS.get(word, "cyan")
    place = "/".join(part for part in (event["path"], event["node_id"]) if part)
    error = (event["data"].get("error") or {}).get("message", "")
    hint = event["data"].get("title", "") or error
    return f"[dim]{event['at'][11:23]} {event['seq']:>4}[/] [{colour}]{event['kind']:<20}[/] {place} {hint}"


@_runs.command("list")
def list_(
    workflow: Annotated[str, typer.Option(help="Only of this workflow.")] = "",
    status: Annotated[str, typer.Option(help="Only in this state.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200)] = 20,
) -> None:
    """The newest runs."""
    asyncio.run(_list(workflow, status, limit))


async def _list(workflow: str, status: str, limit: int) -> None:
    query = {k: v for k, v in (("workflow", workflow), ("status", status), ("limit", limit)) if v}
    async with api() as server:
        page = await server.call("GET", "/runs", params=query)
    table = Table(box=None)
    table.add_column("Run", no_wrap=True, min_width=30)  # an id is there to be copied whole
    for title in ("Workflow", "State", "Started"):
        table.add_column(title)
    for row in page["items"]:
        table.add_row(row["id"], row["workflow_name"], row["status"], (row["started_at"] or "")[:19])
    Console().print(table)


@_runs.command()
def show(run_id: str) -> None:
    """A run with its input, output and error."""
    asyncio.run(_show("GET", f"/runs/{run_id}"))


@_runs.command()
def events(run_id: str) -> None:
    """The history of a run, one JSON object a line."""
    asyncio.run(_events(run_id))


async def _events(run_id: str) -> None:
    after = 0
    async with api() as server:
        while True:
            page = await server.call("GET", f"/runs/{run_id}/events", params={"after": after, "limit": 500})
            for event in page["items"]:
                sys.stdout.write(orjson.dumps(event).decode() + "\n")
            if not page["more"]:
                return
            after = page["last_seq"]


@_runs.command("export")
def export_(
    run_id: str,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File; none means standard output.")
    ] = None,
) -> None:
    """A whole run as one JSON file: its diagram, events, steps and values."""
    asyncio.run(_export(run_id, output))


async def _export(run_id: str, output: Path | None) -> None:
    async with api() as server:
        if output is None:
            await server.save(f"/runs/{run_id}/history", sys.stdout.buffer)
            return
        with output.open("wb") as file:
            await server.save(f"/runs/{run_id}/history", file)
    typer.echo(f"Written to {output}.", err=True)


@_runs.command("import")
def import_(file: Annotated[Path, typer.Argument(help="A file that `runs export` wrote.")]) -> None:
    """Take in such a file as a run to look at; it is never played."""
    if not file.is_file():
        raise Invalid(f"There is no file {file}.", fix="Give the path of a file that `runs export` wrote.")
    asyncio.run(_import(file.read_bytes()))


async def _import(text: bytes) -> None:
    async with api() as server:
        headers = {"Content-Type": "application/json"}
        run = await server.call("POST", "/runs/import", content=text, headers=headers)
    typer.echo(run["id"])


async def _show(method: str, path: str) -> None:
    async with api() as server:
        Console().print_json(data=await server.call(method, path))


def _steering(verb: str, help_text: str) -> None:
    @_runs.command(verb, help=help_text)
    def steer(run_id: str) -> None:
        asyncio.run(_show("POST", f"/runs/{run_id}/{verb}"))


for _verb, _help in (
    ("cancel", "Stop a run; steps that finished stay finished."),
    ("pause", "Hold a run after the steps under way."),
    ("resume", "Let a paused run go on."),
):
    _steering(_verb, _help)


@_runs.command()
def signal(
    run_id: str,
    name: Annotated[str, typer.Argument(help="The event that the run waits for, such as payment.received.")],
    key: Annotated[str, typer.Option(help="What it is about, where the run waits for a key.")] = "",
    payload: Annotated[str, typer.Option(help="JSON, @file.json, or - for standard input.")] = "null",
    once: Annotated[str, typer.Option(help="A key of your own: repeated calls with it send one event.")] = "",
) -> None:
    """Send a run an event; it is kept until a step waits for it."""
    asyncio.run(_signal(run_id, {"name": name, "key": key, "payload": json_of(payload)}, once))


async def _signal(run_id: str, body: dict[str, Any], once: str) -> None:
    headers = {"Idempotency-Key": once} if once else {}
    async with api() as server:
        sent = await server.call("POST", f"/runs/{run_id}/signals", json=body, headers=headers)
    Console().print_json(data=sent)
