"""`quadrille tool-servers`: MCP servers of a team, over REST."""

import asyncio
from typing import Annotated, Any

import typer

from app.cli.remote import api

cli = typer.Typer(help="MCP servers whose tools agents can use.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The server's name.")]


@cli.command("list")
def list_() -> None:
    """The servers and their tools, with what is accepted of them."""
    for server in asyncio.run(_asked("GET", "/tool-servers"))["items"]:
        _show(server)


@cli.command()
def add(
    name: Name,
    address: Annotated[str, typer.Argument(help="https://… or stdio:NAME.")],
    secret: Annotated[str, typer.Option(help="The secret that is sent as bearer token.")] = "",
) -> None:
    """Name a server and look at it."""
    body = {"name": name, "address": address, "secret": secret}
    _show(asyncio.run(_asked("POST", "/tool-servers", json=body)))


@cli.command()
def look(name: Name) -> None:
    """Ask a server for its tools again."""
    _show(asyncio.run(_asked("POST", f"/tool-servers/{name}/look")))


@cli.command()
def accept(
    name: Name,
    tools: Annotated[
        list[str],
        typer.Argument(help="Names of its tools, with the digests that `list` showed: NAME@DIGEST."),
    ],
) -> None:
    """Accept definitions, exactly those that you looked at."""
    asyncio.run(_accept(name, tools))


@cli.command()
def remove(name: Name) -> None:
    """Forget a server."""
    asyncio.run(_asked("DELETE", f"/tool-servers/{name}"))
    typer.echo(f"{name} is removed.")


async def _accept(name: str, tools: list[str]) -> None:
    async with api() as server:
        known = {
            one["name"]: one["digest"] for one in (await server.call("GET", f"/tool-servers/{name}"))["tools"]
        }
        wishes: list[dict[str, str]] = []
        for one in tools:
            tool, _, digest = one.rpartition("@")
            full = known.get(tool, "")
            wishes.append(
                {"name": tool or one, "digest": full if digest and full.startswith(digest) else digest}
            )
        _show(await server.call("POST", f"/tool-servers/{name}/accept", json={"tools": wishes}))


async def _asked(method: str, path: str, **more: Any) -> Any:
    async with api() as server:
        return await server.call(method, path, **more)


def _show(server: dict[str, Any]) -> None:
    typer.echo(f"{server['name']}  {server['address']}")
    if server["problem"]:
        typer.echo(f"  ! {server['problem']}")
    for tool in server["tools"]:
        effects = ", ".join(tool["effects"])
        typer.echo(f"  {tool['state']:9} {tool['called']}  ({effects})  {tool['name']}@{tool['digest'][:12]}")
        definition = tool["seen"] or tool["accepted"] or {}
        if tool["state"] in ("new", "changed"):
            typer.echo(f"            {' '.join(definition.get('description', '').split())}")
