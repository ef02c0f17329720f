"""`quadrille eval`: a version played with the cases of its sets, for people and for CI."""

import asyncio
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from xml.etree import ElementTree as Xml

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.cli.remote import Api, api
from backend.core.errors import Invalid, QuadrilleError, Unavailable

BELOW, NOT_EVALUATED = 1, 2
_LOOK_SECONDS = 0.5
# XML cannot hold these in any way, and names of cases and what models said can.
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def register(cli: typer.Typer) -> None:
    """Add the command of this file."""
    cli.command("eval")(evaluate)


def evaluate(  # noqa: PLR0913, PLR0917 - an option for each
    workflow: Annotated[str, typer.Argument(help="Slug or id of the workflow.")],
    set_: Annotated[str, typer.Option("--set", help="Name or id of one set; empty: every set.")] = "",
    version: Annotated[
        str, typer.Option(help="draft, published, or a version's number or id; empty: published, else draft.")
    ] = "",
    min_score: Annotated[float, typer.Option(min=0, max=1, help="Each set has to reach it.")] = 1.0,
    json: Annotated[bool, typer.Option("--json", help="Write the evaluations as JSON.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Also write a JUnit file, a test for each case.")] = None,
    timeout: Annotated[float, typer.Option(min=1, help="Wait for at most so many seconds.")] = 3600,
) -> None:
    """Play a version with every case and tell its scores.

    The exit status is 0 when every set reaches the least score, 1 when one does not, 2 when it could not be told.
    """
    try:
        found = asyncio.run(_evaluated(workflow, set_, version, time.monotonic() + timeout))
    except QuadrilleError as error:
        error.details["exit_status"] = NOT_EVALUATED
        raise
    if junit is not None:
        junit.write_bytes(_junit(found))
    if json:
        Console().print_json(data=found)
    else:
        _show(found)
    if any(one["score"] is None for one in found):
        raise typer.Exit(NOT_EVALUATED)
    if any(one["score"] < min_score for one in found):
        raise typer.Exit(BELOW)


async def _evaluated(workflow: str, wanted: str, version: str, until: float) -> list[dict[str, Any]]:
    async with api() as server:
        sets = (await server.call("GET", f"/workflows/{workflow}/evaluation-sets"))["items"]
        chosen = [one for one in sets if wanted in ("", one["name"], one["id"])]
        if not chosen:
            names = ", ".join(one["name"] for one in sets) or "none"
            raise Invalid(
                f"There is no such evaluation set; there are: {names}.", fix="Make one on its page."
            )
        body = {"version": version or None}
        begun = [
            await server.call("POST", f"/evaluation-sets/{one['id']}/evaluations", json=body)
            for one in chosen
        ]
        return [await _ended(server, one["id"], until) for one in begun]


async def _ended(server: Api, evaluation_id: str, until: float) -> dict[str, Any]:
    while True:
        found = await server.call("GET", f"/evaluations/{evaluation_id}")
        if found["status"] != "running":
            return found
        if time.monotonic() > until:
            told = f"{found['done']} of {found['cases']} cases are done."
            raise Unavailable(f"It takes too long: {told}", fix="Give a longer --timeout; is a worker alive?")
        await asyncio.sleep(_LOOK_SECONDS)


def _show(found: Sequence[dict[str, Any]]) -> None:
    console = Console(highlight=False)
    for one in found:
        table = Table(box=None)
        for title in ("Case", "Score", "State", "Why"):
            table.add_column(title, overflow="fold")
        for row in one["results"]:
            table.add_row(
                escape(row["name"]), _score(row["score"]), row["ended"] or row["status"], escape(_why(row))
            )
        console.print(table)
        called = (
            f"version {one['version_number']}" if one["version_number"] else one["version_name"] or "draft"
        )
        share = f"{one['passed']} of {one['cases']} pass"
        console.print(f"{escape(one['set_name'])}: {escape(called)} scores {_score(one['score'])}; {share}.")


def _score(score: float | None) -> str:
    return "-" if score is None else f"{score:.2f}"


def _why(row: dict[str, Any]) -> str:
    """What did not pass."""
    failed = [f"{one['title']}: {one['reason']}".rstrip(": ") for one in row["scores"] if not one["passed"]]
    return " ".join([row["reason"], *failed] if not row["passed"] else []).strip()


def _junit(found: Sequence[dict[str, Any]]) -> bytes:
    """What CI systems read."""
    root = Xml.Element("testsuites")
    for one in found:
        failures = str(one["cases"] - one["passed"])
        suite = Xml.SubElement(
            root, "testsuite", name=one["set_name"], tests=str(one["cases"]), failures=failures
        )
        for row in one["results"]:
            seconds = str(row["seconds"] or 0)
            case = Xml.SubElement(
                suite, "testcase", name=row["name"], classname=one["set_name"], time=seconds
            )
            if not row["passed"]:
                told = f"score {_score(row['score'])}"
                Xml.SubElement(case, "failure", message=told).text = _why(row)
    for element in root.iter():
        element.text = element.text and _NOT_XML.sub("\ufffd", element.text)
        element.attrib = {name: _NOT_XML.sub("\ufffd", value) for name, value in element.attrib.items()}
    return Xml.tostring(root, encoding="utf-8", xml_declaration=True)
