"""`quadrille keys`: API keys, made on the server's own machine."""

import asyncio
from typing import Annotated

import typer

from app.cli.remote import NoOwnerYet, require_installation
from backend.core import db
from backend.core.errors import Invalid
from backend.identity import keys, local, permissions

cli = typer.Typer(help="API keys for programs.", no_args_is_help=True)


@cli.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    days: Annotated[int, typer.Option(min=1, max=365, help="How long it is valid.")] = 90,
    role: Annotated[
        list[str] | None, typer.Option(help="Repeatable; by default all roles of the owner.")
    ] = None,
) -> None:
    """Make a key and print it once."""
    typer.echo(asyncio.run(_create(name, days, role)))


async def _create(name: str, days: int, roles: list[str] | None) -> str:
    await require_installation()
    if unknown := sorted(set(roles or ()) - set(permissions.ROLES)):
        raise Invalid(f"There is no role {unknown[0]!r}.", fix=f"Use {', '.join(permissions.ROLES)}.")
    async with db.database().transaction() as session:
        owner = await local.owner(session)
        if owner is None:
            raise NoOwnerYet("make the key")
        chosen = permissions.known(roles) if roles else owner.roles
        _, text = await keys.create(session, owner, name=name, roles=chosen, days=days)
        return text
