"""`quadrille doctor`: the state of everything, every unsafe setting, and what to do."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from app.checkup import Finding

_MARKS = {"ok": "[green]✓[/]", "note": "[cyan]·[/]", "unsafe": "[yellow]![/]", "broken": "[red]✗[/]"}


def register(cli: typer.Typer) -> None:
    """Add the command of this file."""
    cli.command()(doctor)


def doctor(
    ready: Annotated[
        bool, typer.Option(help="Only whether this instance can serve; for health checks.")
    ] = False,
) -> None:
    """Look at everything and say what to do; the exit status is 1 when something is broken."""
    from app import checkup  # it looks into every part, which takes a second to import

    found = asyncio.run(checkup.findings())
    broken = [f for f in found if f.state == "broken" and not (ready and f.name == "Workers")]
    if not ready:
        Console().print(_table(found))
    if broken:
        raise typer.Exit(1)


def _table(found: "list[Finding]") -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for finding in found:
        fix = f"\n[dim]→ {finding.fix}[/]" if finding.fix else ""
        table.add_row(_MARKS[finding.state], f"[bold]{finding.name}[/]", finding.words + fix)
    return table
