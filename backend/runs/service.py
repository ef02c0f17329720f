"""What people and programs do with runs: look, steer, and read their history."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Row

from backend.core import clock
from backend.core.db import Session
from backend.core.errors import Invalid, NotFound, Problem
from backend.engine.acting import Acting
from backend.engine.ports import EventKind
from backend.identity import audit
from backend.identity.principal import Principal
from backend.nodes.registry import all_kinds
from backend.runs import history, live, nearby, payloads, redaction, repository, shown_values, states, wake
from backend.runs.history import Entry
from backend.runs.models import InboxItem, Run, RunFields
from backend.runs.repository import Filter
from backend.runs.schemas import TERMINAL, Breakpoints, EventPage, RunPage, RunPublic, RunStatus, StepPublic

MAX_PAGE = 200
MAX_STEPS = 20_000
_PLAIN = Run.model_fields.keys() & RunPublic.model_fields.keys() - {"input", "output"}


async def found(session: Session, by: Principal, run_id: str) -> Run:
    """The run of the caller's team, for other parts of this folder."""
    by.require("run.read")
    return await _found(session, by, run_id)


async def get(session: Session, by: Principal, run_id: str) -> RunPublic:
    """One run with its input and output."""
    by.require("run.read")
    run = await _found(session, by, run_id)
    name, number = await repository.names(session, run)
    return await payloads.shown(session, by, public(by, run, name, number))


async def list_(
    session: Session, by: Principal, wanted: Filter, *, cursor: str | None = None, limit: int = 50
) -> RunPage:
    """A page of the team's runs, newest first, without their inputs and outputs."""
    by.require("run.read")
    limit = min(max(limit, 1), MAX_PAGE)
    if cursor and not cursor.startswith("run_"):
        problem = Problem(
            "The cursor is not one that a page gave.", "cursor", "Use `next_cursor` as it came."
        )
        raise Invalid(problem.message, problems=[problem])
    wanted = replace(wanted, in_errors=not redaction.hides(by))
    rows = await repository.page(session, by.team_id, wanted, cursor, limit + 1)
    shown = [public(by, *row, with_values=False) for row in rows[:limit]]
    return RunPage(items=shown, next_cursor=shown[-1].id if len(rows) > limit else None)


async def last_of(session: Session, by: Principal, workflow_ids: Sequence[str]) -> dict[str, RunPublic]:
    """The newest run of each of these workflows that ever ran, by the workflow's id."""
    by.require("run.read")
    rows = await repository.last_of(session, by.team_id, workflow_ids)
    return {row[0].workflow_id: public(by, *row, with_values=False) for row in rows}


async def steps(session: Session, by: Principal, run_id: str) -> list[StepPublic]:
    """Every visit of a node so far, in the order in which they began."""
    by.require("run.read")
    await _found(session, by, run_id)
    rows = await repository.steps(session, by.team_id, run_id, MAX_STEPS)
    return await shown_values.whole(session, by, rows)


async def events_after(
    session: Session, by: Principal, run_id: str, after: int = 0, limit: int = 500
) -> EventPage:
    """A page of the numbered history."""
    by.require("run.read")
    run = await _found(session, by, run_id)
    limit = min(max(limit, 1), 1000)
    rows = await repository.events_after(session, by.team_id, run_id, after, limit + 1)
    shown = [redaction.of_event(by, history.public(row)) for row in rows[:limit]]
    last = shown[-1].seq if shown else min(after, run.last_seq)
    return EventPage(items=shown, last_seq=last or 0, more=len(rows) > limit)


async def cancel(session: Session, by: Principal, run_id: str, note: str = "") -> RunPublic:
    """End the run: at once when no worker holds it, else by its worker, which first undoes sagas under way."""
    by.require("run.steer")
    run = await _steerable(session, by, run_id, frozenset({"cancelled"}), "cancelled")
    if run.status in states.PARKED and await _has_saga(session, run):
        await _hand_to_worker(session, run, by, note)
    elif run.status in states.PARKED:
        await _end_at_once(session, run, by, note)
    elif not run.cancel_requested:
        await _request(session, run, by, note)
    for child_id in await repository.live_children(session, by.team_id, run_id):
        child = await repository.get_locked(session, by.team_id, child_id)
        if child is not None and child.status not in TERMINAL:
            await cancel(session, by, child_id, note)
    return await get(session, by, run_id)


async def terminate(session: Session, by: Principal, run_id: str, note: str) -> RunPublic:
    """End the run now, whoever plays it: no step gets a moment more, and no saga is undone. It takes a reason."""
    by.require("run.steer")
    run = await _steerable(session, by, run_id, frozenset({"cancelled"}), "terminated")
    if not note.strip():
        raise Invalid("A run is terminated with a note.", fix="Say why; it stands in the history.")
    for child_id in await repository.live_children(session, by.team_id, run_id):
        await terminate(session, by, child_id, note)
    await _end_at_once(session, run, by, note)
    await audit.record(session, by, "run.terminated", run.id)
    live.hint_after_commit(session, run.id, "cancel")
    return await get(session, by, run_id)


async def pause(session: Session, by: Principal, run_id: str) -> RunPublic:
    """Start no further step until it is resumed; a step under way is finished first."""
    by.require("run.steer")
    run = await _steerable(session, by, run_id, frozenset({"paused"}), "paused")
    if run.status in states.PARKED:
        await repository.move(session, run.id, "paused", wake_at=None, pause_requested=False)
        await _note(session, run, "run.paused", by)
    elif not run.pause_requested:
        run.pause_requested = True
        session.add(run)
        live.hint_after_commit(session, run.id, "pause")
    return await get(session, by, run_id)


async def set_breakpoints(session: Session, by: Principal, run_id: str, wanted: Breakpoints) -> RunPublic:
    """Stop before or after these nodes from now on; whoever plays the run hears of it at once."""
    by.require("run.steer")
    run = await _steerable(session, by, run_id, frozenset(states.ALL), "stopped at a breakpoint")
    version = await repository.version(session, by.team_id, run.version_id)
    known = {node["id"] for node in version.diagram["nodes"]} if version else set[str]()
    if unknown := sorted({*wanted.before, *wanted.after} - known):
        raise Invalid(f"The version of this run has no node “{unknown[0]}”.", fix="Use the ids of its nodes.")
    run.breakpoints = {**(run.breakpoints or {}), **wanted.model_dump()}
    session.add(run)
    live.hint_after_commit(session, run.id, "breaks")
    return await get(session, by, run_id)


async def step(session: Session, by: Principal, run_id: str) -> RunPublic:
    """Let a paused run play one step and stop before the next; a container is one step."""
    by.require("run.steer")
    run = await _steerable(session, by, run_id, frozenset(states.ALL), "stepped")
    if run.status != "paused":
        raise states.WrongState("Only a paused run plays a single step.", status_now=run.status)
    return await _go_on(session, by, run, over=await nearby.last_path(session, run.id))


async def resume(session: Session, by: Principal, run_id: str) -> RunPublic:
    """Let a paused run go on."""
    by.require("run.steer")
    run = await _steerable(session, by, run_id, frozenset(states.ALL), "resumed")
    return await _go_on(session, by, run, over=None)


async def _go_on(session: Session, by: Principal, run: Run, over: str | None) -> RunPublic:
    if run.breakpoints is not None or over is not None:
        run.breakpoints = {**(run.breakpoints or {}), "next": over}
        session.add(run)
    if run.status == "paused":
        await repository.move(session, run.id, "queued", wake_at=None, pause_requested=False)
        await _note(session, run, "run.resumed", by)
        wake.offer_after_commit(session, run.id)
    elif run.pause_requested:
        run.pause_requested = False
        session.add(run)
    else:
        raise states.WrongState("The run is not paused.", status_now=run.status)
    return await get(session, by, run.id)


async def of_step(session: Session, run_id: str) -> Run:
    """The run, for the parts above that act on behalf of one of its steps."""
    return await repository.of_any_team(session, run_id)


async def note(session: Session, run_id: str, team_id: str, entry: Entry) -> None:
    """Add a history row on behalf of a step."""
    await history.append(session, run_id, team_id, entry)


async def signal(session: Session, run_id: str, team_id: str, key: str, payload: JsonValue) -> None:
    """Send something to a waiting step, once under its key, and wake whoever plays the run."""
    item = InboxItem(run_id=run_id, key=key, team_id=team_id, payload=payload, at=clock.now())
    await repository.signal(session, item)
    live.hint_after_commit(session, run_id, "deliver")
    wake.offer_after_commit(session, run_id)


def public(
    by: Principal,
    run: RunFields | Row[Any],
    workflow_name: str,
    number: int | None,
    *,
    with_values: bool = True,
) -> RunPublic:
    """The run as the caller may see it."""
    values: dict[str, Any] = {"input": run.input, "output": run.output} if with_values else {}
    plain = {name: getattr(run, name) for name in _PLAIN}
    breaks: dict[str, Any] | None = plain["breakpoints"]
    plain["breakpoints"] = {side: breaks.get(side, []) for side in ("before", "after")} if breaks else None
    plain |= _acting(run)
    shown = RunPublic(**plain, **values, workflow_name=workflow_name, version_number=number)
    return redaction.of_run(by, shown)


def _acting(run: RunFields | Row[Any]) -> dict[str, Any]:
    """How a fork is played, without the values of its mocks and edits."""
    if not run.acting:
        return {}
    acting = Acting.model_validate(run.acting)
    modes = {"*": acting.default} | {node_id: mode.mode for node_id, mode in acting.modes.items()}
    return {"modes": modes, "edits": acting.edits}


async def _found(session: Session, by: Principal, run_id: str) -> Run:
    if run := await repository.get(session, by.team_id, run_id):
        return run
    raise NotFound(
        "There is no such run.", fix="Look at the list of runs; finished ones are removed in time."
    )


async def _steerable(
    session: Session, by: Principal, run_id: str, targets: frozenset[RunStatus], doing: str
) -> Run:
    run = await repository.get_locked(session, by.team_id, run_id)
    if run is None:
        raise NotFound("There is no such run.")
    states.require(run.status, targets, doing)
    return run


async def _end_at_once(session: Session, run: Run, by: Principal, note: str) -> None:
    """The token grows, so a worker that still believed in the run could write nothing any more."""
    values: dict[str, Any] = {"token": Run.token + 1, "wake_at": None, "finished_at": clock.now()}
    await repository.move(session, run.id, "cancelled", cancel_requested=True, **values)
    await _note(session, run, "run.cancelled", by, note)


async def _has_saga(session: Session, run: Run) -> bool:
    """True when it may have done what has to be undone; only a worker can tell."""
    version = await repository.version(session, run.team_id, run.version_id) if run.token else None
    if version is None:
        return False
    kinds = all_kinds()
    found = (kinds.get(node["kind"]) for node in version.diagram["nodes"])
    return any(kind.role == "saga" for kind in found if kind)


async def _hand_to_worker(session: Session, run: Run, by: Principal, note: str) -> None:
    """Queue the parked run for its cancel; a repeated wish, as while it waits for a decision on undoing, changes nothing."""
    if run.cancel_requested:
        return
    if run.status != "queued":
        await repository.move(session, run.id, "queued", wake_at=None, pause_requested=False)
    await _request(session, run, by, note)
    wake.offer_after_commit(session, run.id)


async def _request(session: Session, run: Run, by: Principal, note: str) -> None:
    run.cancel_requested = True
    session.add(run)
    await _note(session, run, "run.cancelling", by, note)
    live.hint_after_commit(session, run.id, "cancel")


async def _note(session: Session, run: Run, kind: EventKind, by: Principal, note: str = "") -> None:
    await session.flush()
    said = {"by": by.account_id, "name": by.name} | ({"note": note.strip()} if note.strip() else {})
    await history.append(session, run.id, run.team_id, Entry(kind, said))
    await session.refresh(run)
