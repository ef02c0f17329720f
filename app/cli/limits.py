"""`quadrille limits …`: how many runs are played at once, and which of the waiting ones comes first."""

import asyncio
from typing import Annotated, Any

import typer
from rich.console import Console

from app.cli.remote import api
from backend.core.errors import Invalid

cli = typer.Typer(help="Limits of runs: show, set.", no_args_is_help=True)
_PRIORITIES = ("high", "normal", "low")
Workflow = Annotated[str, typer.Option(help="Slug or id of a workflow; none means the whole team.")]


@cli.command()
def show(workflow: Workflow = "") -> None:
    """How many runs are played at once, and how urgent they are."""
    asyncio.run(_show(workflow))


@cli.command("set")
def set_(
    workflow: Workflow = "",
    at_once: Annotated[
        int | None, typer.Option(min=0, max=100_000, help="Runs played at once; 0 means no limit.")
    ] = None,
    priority: Annotated[str, typer.Option(help="high, normal or low, for runs whose start names none.")] = "",
) -> None:
    """Change the limits; what is not given stays."""
    if priority and priority not in _PRIORITIES:
        raise Invalid(f"There is no priority {priority!r}.", fix=f"Use {', '.join(_PRIORITIES)}.")
    if at_once is None and not priority:
        raise Invalid("Nothing is to be changed.", fix="Give --at-once, --priority, or both.")
    changed: dict[str, Any] = {} if at_once is None else {"at_once": at_once or None}
    asyncio.run(_set(workflow, changed | ({"priority": priority} if priority else {})))


def _path(workflow: str) -> str:
    return f"/workflows/{workflow}/limits" if workflow else "/team/limits"


async def _show(workflow: str) -> None:
    async with api() as server:
        Console().print_json(data=await server.call("GET", _path(workflow)))


async def _set(workflow: str, changed: dict[str, Any]) -> None:
    async with api() as server:
        wanted = {**await server.call("GET", _path(workflow)), **changed}
        Console().print_json(data=await server.call("PUT", _path(workflow), json=wanted))
