"""`quadrille dead-letters queue …`: messages that the queue gave up. They belong to the installation, not to a team."""

import asyncio
from collections.abc import Awaitable
from typing import Annotated, Any, cast, get_args

import typer
from redis.exceptions import RedisError
from rich.console import Console
from rich.markup import escape

from backend.core import queue, redis
from backend.core.errors import Invalid, Unavailable
from backend.core.queue import Group

cli = typer.Typer(
    help="Messages that the queue gave up, read from Redis on the server's own machine. A run is never lost "
    "with its message: workers find it in the database.",
    no_args_is_help=True,
)
Which = Annotated[str, typer.Argument(help="runs or inference.")]


@cli.command("list")
def list_(group: Which = "runs") -> None:
    """The newest messages, each with the reason."""
    console = Console(highlight=False, soft_wrap=True)
    for one in asyncio.run(_asked(queue.dead_letters(_group(group)))):
        console.print(
            f"{one.id}  {one.at:%Y-%m-%d %H:%M:%S}  {escape(one.name or '?')}  {escape(one.reason)}"
        )


@cli.command()
def redrive(group: Which, letter_id: str) -> None:
    """Send a message again, as a new one."""
    typer.echo(asyncio.run(_asked(queue.replay(_group(group), letter_id))))


@cli.command()
def discard(group: Which, letter_id: str) -> None:
    """Forget a message."""
    asyncio.run(_asked(queue.drop(_group(group), letter_id)))


async def _asked(question: Awaitable[Any]) -> Any:
    try:
        return await question
    except (RedisError, OSError) as error:
        fix = "`quadrille doctor` says which Redis is used."
        raise Unavailable(f"Redis does not answer: {error}.", fix=fix) from error
    finally:
        await redis.client().aclose()


def _group(given: str) -> Group:
    if given not in get_args(Group):
        raise Invalid(f"There is no queue {given!r}.", fix=f"Use {' or '.join(get_args(Group))}.")
    return cast(Group, given)
