"""`quadrille runs retry|fork|replay|repair`: playing a run, or a part of it, again or otherwise."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console

from app.cli.remote import api
from backend.core.errors import Invalid

_MODES = ("live", "recorded", "mocked")
Version = Annotated[str, typer.Option(help="published, draft, or a version's id; empty means the same.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only tell what would happen.")]
Outputs = Annotated[
    list[str] | None, typer.Option(help="Another output, as [PATH/]NODE=JSON or [PATH/]NODE=@FILE.")
]
Modes = Annotated[
    list[str] | None,
    typer.Option("--mode", help="NODE=live, NODE=recorded, or NODE=mocked:JSON; once for each node."),
]


def register(runs: typer.Typer) -> None:
    """Add the commands of this file."""
    for command in (retry, fork, replay, repair):
        runs.command()(command)


def retry(
    run_id: str,
    version: Version = "",
    from_start: Annotated[bool, typer.Option(help="Play everything again.")] = False,
    mode: Modes = None,
    dry_run: DryRun = False,
) -> None:
    """Go on, in a new run, from the steps that failed."""
    wanted = {"from_start": from_start, **_common(version, mode, dry_run=dry_run)}
    asyncio.run(_act(run_id, "retry", wanted))


def fork(
    run_id: str,
    step: Annotated[str, typer.Option("--from", help="The step to play again, as [PATH/]NODE[#VISIT].")] = "",
    edit: Outputs = None,
    version: Version = "",
    mode: Modes = None,
    dry_run: DryRun = False,
) -> None:
    """Play a part of a run again, in a new run: from a step, with other outputs, or with another version."""
    wanted = {"from": _step(step) if step else None, "edits": _outputs(edit)}
    asyncio.run(_act(run_id, "fork", wanted | _common(version, mode, dry_run=dry_run)))


def replay(run_id: str, version: Version = "", mode: Modes = None) -> None:
    """Play a run again, in a new run, with the recorded answers of models, tools and addresses; nothing goes out."""
    asyncio.run(_act(run_id, "replay", _common(version, mode, dry_run=False)))


def repair(  # noqa: PLR0913, PLR0917 - an option for each
    run_ids: Annotated[list[str], typer.Argument(help="Paused runs; the same is done to each.")],
    edit: Outputs = None,
    give: Annotated[
        list[str] | None, typer.Option(help="Skip a step with an output, as [PATH/]NODE=JSON or =@FILE.")
    ] = None,
    again: Annotated[
        list[str] | None, typer.Option(help="Play a step again, as [PATH/]NODE[#VISIT].")
    ] = None,
    version: Version = "",
    note: Annotated[str, typer.Option(help="Why; it stands in the history.")] = "",
    dry_run: DryRun = False,
) -> None:
    """Change paused runs where they stand; each goes on with it when it is resumed. The status is 1 where one refused."""
    wanted = {
        "edits": _outputs(edit), "give": _outputs(give), "again": list(map(_step, again or [])),
        "version": version or None, "note": note, "dry_run": dry_run,
    }  # fmt: skip
    asyncio.run(_repair(run_ids, wanted))


async def _repair(run_ids: list[str], wanted: dict[str, Any]) -> None:
    async with api() as server:
        body = {"action": "repair", "run_ids": run_ids, "repair": wanted}
        report = await server.call("POST", "/runs/bulk", json=body)
    Console().print_json(data=report)
    if report["refused"]:
        raise typer.Exit(1)


async def _act(run_id: str, verb: str, wanted: dict[str, Any]) -> None:
    async with api() as server:
        Console().print_json(data=await server.call("POST", f"/runs/{run_id}/{verb}", json=wanted))


def _common(version: str, modes: list[str] | None, *, dry_run: bool) -> dict[str, Any]:
    return {"version": version or None, "modes": dict(map(_mode, modes or [])), "dry_run": dry_run}


def _mode(given: str) -> tuple[str, dict[str, Any]]:
    node_id, told = _pair(given)
    word, _, output = told.partition(":")
    if word not in _MODES:
        raise Invalid(f"There is no mode {word!r}.", fix=f"Use one of: {', '.join(_MODES)}.")
    return node_id, {"mode": word, "output": _json(output, node_id) if output else None}


def _outputs(given: list[str] | None) -> list[dict[str, Any]]:
    return [{**_step(place), "output": _json(value, place)} for place, value in map(_pair, given or [])]


def _pair(given: str) -> tuple[str, str]:
    name, found, value = given.partition("=")
    if not found:
        raise Invalid(f"{given!r} has no equals sign.", fix="Write NAME=VALUE.")
    return name, value


def _step(place: str) -> dict[str, Any]:
    place, _, visit = place.partition("#")
    path, _, node_id = place.rpartition("/")
    if visit and not visit.isdecimal():
        raise Invalid(f"{visit!r} is not the number of a visit.", fix="Write [PATH/]NODE#2.")
    return {"node_id": node_id, "path": path, "visit": int(visit or 1)}


def _json(given: str, place: str) -> Any:
    text = given
    if given.startswith("@"):
        file = Path(given[1:])
        if not file.is_file():
            raise Invalid(f"There is no file {file}.", fix="Give JSON, or @ and the path of a JSON file.")
        text = file.read_text()
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Invalid(
            f"The output of {place} is not JSON: {error}.",
            fix="""For example: --edit 'draft={"text": "Hi"}'""",
        ) from error
