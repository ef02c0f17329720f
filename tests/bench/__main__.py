"""`make bench`: runs the groups, prints one table, writes `build/bench.json`."""

import argparse
import asyncio
import importlib
import pkgutil
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from tests import bench

BUILD = Path(__file__).resolve().parents[2] / "build"


def groups() -> list[str]:
    """The modules beside this one that measure something."""
    return sorted(m.name for m in pkgutil.iter_modules(bench.__path__) if not m.name.startswith("_"))


async def measure(names: list[str]) -> list[dict[str, Any]]:
    """Run the groups one after the other: they would disturb each other side by side."""
    found: list[dict[str, Any]] = []
    for name in names:
        Console(stderr=True).print(f"· {name}")
        found += await importlib.import_module(f"tests.bench.{name}").rows()
    return found


def shown(rows: list[dict[str, Any]]) -> Table:
    """A table with a mark where a limit is missed; the mark is no verdict."""
    table = Table("Figure", "Value", "Unit", "Limit", "Against", box=None)
    for row in rows:
        limit = row["limit"]
        kept = limit is None or (row["value"] <= limit if row["better"] == "lower" else row["value"] >= limit)
        colour = "green" if kept else "yellow"
        sign = "" if limit is None else f"{'≤' if row['better'] == 'lower' else '≥'} {limit:g}"
        table.add_row(row["name"], f"[{colour}]{row['value']:,.3g}[/]", row["unit"], sign, row["against"])
    return table


def main() -> None:
    """Measure, show, write."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--only", choices=groups())
    only = parser.parse_args().only
    rows = asyncio.run(measure([only] if only else groups()))
    BUILD.mkdir(exist_ok=True)
    (BUILD / "bench.json").write_bytes(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
    Console(width=140).print(shown(rows))


if __name__ == "__main__":
    main()
