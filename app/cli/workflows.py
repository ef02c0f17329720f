"""`quadrille apply`, `export`, `kinds` and `models`: diagrams as files."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from app.cli import agents
from app.cli.remote import api


def register(cli: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (apply, export, kinds, models):
        cli.command()(command)


def apply(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A diagram or agents, YAML or JSON.")
    ],
    publish: Annotated[bool, typer.Option(help="Publish a version at once.")] = False,
) -> None:
    """Create the workflow or the agents of a file, or bring those of the same names to it."""
    body = file.read_bytes()
    if agents.are_in(body):
        asyncio.run(agents.send(body, file))
        return
    asyncio.run(_apply(file, publish=publish))


async def _apply(file: Path, *, publish: bool) -> None:
    async with api() as server:
        body, headers = file.read_bytes(), {"Content-Type": _type_of(file)}  # noqa: ASYNC240 - a command, not a server
        made = await server.call("POST", "/workflows?replace=true", content=body, headers=headers)
        typer.echo(f"{made['slug']} is saved.")
        if publish:
            version = await server.call(
                "POST", f"/workflows/{made['id']}/publish", json={"message": file.name}
            )
            typer.echo(f"Version {version['number']} is published.")


def export(
    name: Annotated[str, typer.Argument(help="Slug or id of the workflow.")],
    format: Annotated[
        str, typer.Option(help="yaml, json, python for a LangGraph module, or svg for a picture.")
    ] = "yaml",
) -> None:
    """Print a workflow's diagram as a file."""
    asyncio.run(_print(f"/workflows/{name}/export?format={format}"))


async def _print(path: str) -> None:
    async with api() as server:
        answer: Any = await server.call("GET", path)
    if isinstance(answer, str):
        sys.stdout.write(answer)
    else:
        Console().print_json(data=answer)


def kinds() -> None:
    """List the node kinds of this installation."""
    from backend.nodes.registry import all_kinds

    table = Table("Kind", "Title", "Group", "What it does", box=None)
    for kind in sorted(all_kinds().values(), key=lambda k: (k.group, k.name)):
        table.add_row(kind.name, kind.title, kind.group, kind.help.partition("\n")[0])
    Console().print(table)


def models() -> None:
    """List the models that this installation can use."""
    asyncio.run(_print("/models"))


def _type_of(file: Path) -> str:
    return "application/json" if file.suffix == ".json" else "application/yaml"
