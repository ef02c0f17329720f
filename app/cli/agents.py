"""`quadrille agents list|export|apply`: the team's agents, and as a file."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from app.cli.remote import api
from backend.core import texts
from backend.core.source import Unreadable

cli = typer.Typer(help="The team's agents.", no_args_is_help=True)


@cli.command("list")
def list_() -> None:
    """Show the team's agents with their role, model and state."""
    table = Table("Name", "Role", "Model", "State", "Version", "Id", box=None)
    for one in asyncio.run(_all()):
        version = f"v{one['version']}"
        table.add_row(one["name"], one["role"], one["model"], one["state"], version, one["id"])
    Console().print(table)


async def _all() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    async with api() as server:
        page = await server.call("GET", "/agents?limit=200")
        found += page["items"]
        while page["next_cursor"]:
            page = await server.call("GET", f"/agents?limit=200&cursor={page['next_cursor']}")
            found += page["items"]
    return found


@cli.command()
def export(name: Annotated[str, typer.Argument(help="Name or id; all without.")] = "") -> None:
    """Print agents as a YAML file."""
    sys.stdout.write(asyncio.run(_file(name)))


async def _file(name: str) -> str:
    async with api() as server:
        return await server.call("GET", "/agents/file", params={"agent": name})


@cli.command()
def apply(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="Agents, YAML or JSON.")],
) -> None:
    """Make the agents of a file, or bring those of the same names to it."""
    asyncio.run(send(file.read_bytes(), file))


def are_in(body: bytes) -> bool:
    """Whether the file holds agents rather than a diagram."""
    try:
        data: Any = texts.parse(body).data
    except Unreadable:
        return False  # other tools' files are read, and refused, by the server
    return isinstance(data, dict) and "agents" in data and "nodes" not in data


async def send(body: bytes, file: Path) -> None:
    """Apply a file of agents, and say what that changed."""
    kind = "application/json" if file.suffix == ".json" else "application/yaml"
    async with api() as server:
        done = await server.call(
            "PUT",
            "/agents/file",
            content=body,
            headers={"Content-Type": kind},
            params={"reason": f"Applied from {file.name}"},
        )
    for what in ("created", "changed", "unchanged"):
        for name in done[what]:
            typer.echo(f"{name} is {what}.")
