"""The `quadrille` command: every word of it, and one place that draws errors."""

import sys

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from sqlalchemy.exc import SQLAlchemyError

from app.cli import (
    agents,
    doctor,
    evaluating,
    events,
    keys,
    letters,
    limits,
    planned,
    plans,
    runs,
    serve,
    tool_servers,
    workflows,
)
from backend.core import log
from backend.core.errors import Invalid, Problem, QuadrilleError, Unavailable
from backend.core.settings import settings

cli = typer.Typer(
    name="quadrille",
    help="Draw a team of agents, press Run, watch it work, step in when it matters, and lose nothing it did.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for module in (serve, doctor, workflows, runs, letters, evaluating, plans):
    module.register(cli)
cli.add_typer(keys.cli, name="keys")
cli.add_typer(agents.cli, name="agents")
cli.add_typer(events.cli, name="events")
cli.add_typer(limits.cli, name="limits")
cli.add_typer(planned.cli, name="plans")
cli.add_typer(tool_servers.cli, name="tool-servers")


def main() -> None:
    """Run the command; an error we know is one sentence and a fix, never a traceback."""
    try:
        _require_readable_settings()
        log.configure()
        cli()
    except QuadrilleError as error:
        _draw(error)
        sys.exit(error.details.get("exit_status", 1))
    except (SQLAlchemyError, ConnectionError) as error:
        reason = str(error).partition("\n")[0]
        fix = "Check QUADRILLE_DATABASE_URL; `quadrille doctor` tells more."
        _draw(Unavailable(f"The database does not answer: {reason}", fix=fix))
        sys.exit(1)


def _require_readable_settings() -> None:
    try:
        settings()
    except ValidationError as wrong:
        problems = [
            Problem(f"{one['msg']}.", f"QUADRILLE_{'.'.join(map(str, one['loc'])).upper()}")
            for one in wrong.errors(include_url=False, include_input=False)
        ]
        fix = "docs/settings.md lists every setting."
        raise Invalid("The settings are wrong.", problems=problems, fix=fix) from None


def _draw(error: QuadrilleError) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    console.print(f"[red]{error.title}:[/] {escape(error.message)}")
    if isinstance(error, Invalid):
        for problem in error.problems:
            place = f"[bold]{escape(problem.place)}[/] " if problem.place else ""
            console.print(f"  • {place}{escape(problem.message)} {escape(problem.fix)}")
    if error.fix:
        console.print(f"[dim]→[/] {escape(error.fix)}")


if __name__ == "__main__":
    main()
