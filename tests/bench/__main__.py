"""`make bench`: runs the groups, prints one table, writes `build/bench.json`; `--keep` writes docs/bench too."""

import argparse
import asyncio
import importlib
import os
import pkgutil
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from tests import bench
from tests.bench._rows import Row

COUNTED = (
    "*Instructions* are those that the process itself executes, also inside SQLite; the issue's limit is on them. *CPU* adds",
    "what the kernel does for it: each step of that chain waits for a commit of its own, which is two switches between",
    "threads and the writing of the log. Raw LangGraph stores nothing and has none of it, so that row has no limit.",
)
ROOT = Path(__file__).resolve().parents[2]
BUILD, KEPT = ROOT / "build", ROOT / "docs" / "bench"


def groups() -> list[str]:
    """The modules beside this one that measure something."""
    return sorted(m.name for m in pkgutil.iter_modules(bench.__path__) if not m.name.startswith("_"))


def measure(names: list[str]) -> list[Row]:
    """Run the groups one after the other, each in a process of its own: nothing of one is counted in another."""
    found: list[Row] = []
    for name in names:
        Console(stderr=True).print(f"· {name}")
        command = [sys.executable, "-m", "tests.bench", "--group", name]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
        found += orjson.loads(done.stdout.splitlines()[-1])
    return found


def is_kept(row: Row) -> bool | None:
    """Whether the figure is within its limit; None where it has none."""
    value, limit = row["value"], row["limit"]
    if limit is None:
        return None
    return value <= limit if row["better"] == "lower" else value >= limit


def limit(row: Row) -> str:
    """The limit with its sign."""
    return "" if row["limit"] is None else f"{'≤' if row['better'] == 'lower' else '≥'} {row['limit']:g}"


def shown(rows: list[Row]) -> Table:
    """A table with a mark where a limit is missed; the mark is no verdict."""
    table = Table("Figure", "Value", "Unit", "Limit", "Against", box=None)
    for row in rows:
        colour = {True: "green", False: "yellow", None: "default"}[is_kept(row)]
        table.add_row(row["name"], f"[{colour}]{row['value']:,g}[/]", row["unit"], limit(row), row["against"])
    return table


def machine() -> dict[str, Any]:
    """What was measured on, as far as it explains the figures."""
    cpu = next((x for x in Path("/proc/cpuinfo").read_text().splitlines() if x.startswith("model name")), "")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cpu": cpu.partition(": ")[2] or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 1),
    }


def keep(rows: list[Row], on: dict[str, Any]) -> None:
    """Keep the result as JSON under its day, and the newest as the table of docs/bench.md."""
    KEPT.mkdir(exist_ok=True)
    day = datetime.now(UTC).date().isoformat()
    whole = {"date": day, "machine": on, "figures": rows}
    (KEPT / f"{day}.json").write_bytes(orjson.dumps(whole, option=orjson.OPT_INDENT_2) + b"\n")
    lines = [
        "# Figures",
        "",
        "`make bench` measures them, each group in a process of its own; `make bench KEEP=1` writes this page and a file",
        "in [bench](bench). Ratios are taken in one run. A figure beyond its limit is in bold.",
        "",
        *COUNTED,
        "",
        f"{day}: {on['cpu']}, {on['cores']} cores, {on['memory_gb']} GB, {on['system']}, Python {on['python']}; load "
        f"{on['load_before']} before it began.",
        "",
        "| figure | value | limit | against |",
        "|---|---|---|---|",
    ]
    for row in rows:
        value = f"{row['value']:,g} {row['unit']}"
        value = f"**{value}**" if is_kept(row) is False else value
        lines.append(f"| {row['name']} | {value} | {limit(row)} | {row['against']} |")
    (ROOT / "docs" / "bench.md").write_text("\n".join(lines) + "\n")


def main() -> None:
    """Measure, show, write."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--only", choices=groups())
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--group", choices=groups(), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.group:
        found = asyncio.run(importlib.import_module(f"tests.bench.{asked.group}").rows())
        sys.stdout.buffer.write(orjson.dumps(found) + b"\n")
        return
    on = machine()
    rows = measure([asked.only] if asked.only else groups())
    BUILD.mkdir(exist_ok=True)
    (BUILD / "bench.json").write_bytes(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
    if asked.keep:
        keep(rows, on)
    Console(width=200).print(shown(rows))


if __name__ == "__main__":
    main()
