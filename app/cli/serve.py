"""`quadrille up`, `web`, `worker` and `migrate`: the processes of the product.

What a process is made of is imported by its own command: every other command starts seconds faster without it.
"""

import asyncio
from typing import Annotated

import typer

from backend.core import db, safety
from backend.core.errors import Unavailable


def register(cli: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (up, web, worker, migrate):
        cli.command()(command)


def up(
    dev: Annotated[bool, typer.Option(help="Reload pages when their files change.")] = False,
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many processes play runs.")] = 1,
) -> None:
    """Set everything up and start it all in the foreground."""
    from app import up as everything

    asyncio.run(everything.up(dev=dev, workers=workers))


def web() -> None:
    """Serve pages, API and sockets alone, for containers; migrates first. Workers and Redis run elsewhere."""
    from app import build, migrations
    from app import serve as web_process

    safety.require()
    if not build.frontend_is_current():
        raise Unavailable("The pages are not built.", fix="Build them once: `python -m app.build`.")
    asyncio.run(migrations.upgrade())
    db.database.cache_clear()  # its connections belong to a loop that has ended
    web_process.serve()


def worker(
    runs: Annotated[bool, typer.Option(help="Play runs.")] = True,
    inference: Annotated[bool, typer.Option(help="Answer with OpenVINO models.")] = True,
) -> None:
    """Start one more worker; as many as you like, on as many machines, share the load."""
    from backend.worker import __main__ as worker_process

    asked: dict[worker_process.Role, bool] = {"runs": runs, "inference": inference}
    roles: list[worker_process.Role] = [role for role, wanted in asked.items() if wanted]
    if not roles:
        raise typer.BadParameter("a worker needs something to do: --runs, --inference or both")
    safety.require()
    worker_process.work(roles)


def migrate() -> None:
    """Bring the database to the newest tables."""
    from app import migrations

    changed = asyncio.run(migrations.upgrade())
    typer.echo(
        "The database is now at the newest tables." if changed else "Nothing to do: the tables are newest."
    )
