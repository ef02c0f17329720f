"""`quadrille events …`: telling the whole team that something happened."""

import asyncio
from typing import Annotated, Any

import typer
from rich.console import Console

from app.cli.given import json_of
from app.cli.remote import api

cli = typer.Typer(help="Events of the team: send.", no_args_is_help=True)


@cli.callback()
def events() -> None:
    """Events of the team, for which runs wait."""


@cli.command()
def send(
    topic: Annotated[str, typer.Argument(help="What happened, such as order.paid.")],
    key: Annotated[str, typer.Option(help="What it is about, where runs wait for a key.")] = "",
    payload: Annotated[str, typer.Option(help="JSON, @file.json, or - for standard input.")] = "null",
    once: Annotated[str, typer.Option(help="A key of your own: repeated calls with it send one event.")] = "",
) -> None:
    """Send an event: every run of the team that waits for its topic and key goes on."""
    asyncio.run(_send({"topic": topic, "key": key, "payload": json_of(payload)}, once))


async def _send(body: dict[str, Any], once: str) -> None:
    headers = {"Idempotency-Key": once} if once else {}
    async with api() as server:
        sent = await server.call("POST", "/events", json=body, headers=headers)
    Console().print_json(data=sent)
