"""Repairs a paused run where it stands: other outputs, steps that are skipped or played again, and another version.

What has acted on the world is never done again in the same run, and what people decide is never decided by a repair:
both are refused with the way around. The old values stay in the history, in the event `run.repaired`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from backend.core.db import Session
from backend.core.errors import Invalid, NotFound, Problem
from backend.engine.acting import Acting
from backend.engine.ir import Part
from backend.engine.ports import StepId
from backend.engine.signature import signatures
from backend.identity import audit
from backend.identity.principal import Principal
from backend.runs import (
    fork_inside,
    fork_plan,
    fork_rows,
    fork_source,
    fork_split,
    history,
    repair_rows,
    repository,
    service,
    states,
)
from backend.runs.fork_plan import Prepared
from backend.runs.fork_schemas import Edit, StepRef
from backend.runs.fork_split import Known, Split, Why
from backend.runs.history import Entry
from backend.runs.models import Run
from backend.runs.repair_schemas import RepairPlan, RepairRun
from backend.runs.schemas import RunPublic
from backend.workflows import agents_named, versions
from backend.workflows.diagram import ERROR_PORT
from backend.workflows.models import Version

_FORK = "Keep its output by an edit, or fork the run from there."
_MAY_REPEAT = frozenset({"chat_model"})  # reaches another system, and only asks it


class NotRepairable(Invalid):
    """The run cannot go on like this; `problems` says where and what to do."""

    code, title = "not_repairable", "This cannot be repaired"


async def repair(session: Session, by: Principal, run_id: str, wanted: RepairRun) -> RunPublic | RepairPlan:
    """Change a paused run, or say what that would do."""
    by.require("run.steer")
    by.require("run.payload")
    run = await _paused(session, by, run_id)
    found = _Repair(session, by, run, wanted)
    await found.prepare()
    if wanted.dry_run:
        return found.plan()
    await found.store()
    return await service.get(session, by, run_id)


async def _paused(session: Session, by: Principal, run_id: str) -> Run:
    await fork_source.found(session, by, run_id)
    run = await repository.get_locked(session, by.team_id, run_id)
    if run is None:
        raise NotFound("There is no such run.")
    if run.status != "paused":
        raise states.WrongState(
            "Only a paused run can be repaired.", fix="Pause it first.", status_now=run.status
        )
    if run.error is not None or run.cancel_requested:
        raise states.WrongState("The run is being ended; nothing of it is played any more.")
    return run


class _Repair:
    """One repair on its way: prepared first, so that a dry run and the real one cannot differ."""

    def __init__(self, session: Session, by: Principal, run: Run, wanted: RepairRun) -> None:
        self._session, self._by, self._run, self._wanted = session, by, run, wanted
        self._calls = run.calls
        self._known: list[Known] = []
        self._split: Split
        self._version: Version
        self._ready: Prepared
        self._asked: frozenset[StepId] = frozenset()

    async def prepare(self) -> None:
        """Work out what stands; raises NotRepairable with every place where it cannot be done."""
        session, run, wanted = self._session, self._run, self._wanted
        old = await repository.version(session, run.team_id, run.version_id)
        if old is None:
            raise NotFound("The version of this run is gone.")
        self._version = new = old
        if wanted.version is not None:
            self._version = new = await versions.pin(session, self._by, run.workflow_id, wanted.version)
            self._calls = await agents_named.pinned(session, new, over=await self._over(old, new))
        await self._look(old)
        ended = {one.step for one in self._known}
        problems = [*self._unknown(ended), *self._impossible(), *self._done_already()]
        if problems:
            raise NotRepairable(problems[0].message, fix=problems[0].fix, problems=problems)

    async def _over(self, old: Version, new: Version) -> set[str]:
        """Nodes that have ended and are drawn as they were: whoever they asked may be gone by now."""
        known = await fork_rows.known(self._session, self._run)
        ended = {one.step.node_id for one in known if not one.step.path}
        before = {node["id"]: node for node in old.diagram.get("nodes", [])}
        nodes = new.diagram.get("nodes", [])
        return {node["id"] for node in nodes if node["id"] in ended and node == before.get(node["id"])}

    async def _look(self, old: Version) -> None:
        """What the run has done and begun, and what of it stands."""
        session, run, wanted, new = self._session, self._run, self._wanted, self._version
        told = list(await fork_rows.events(session, run))
        self._known = await fork_rows.known(session, run)
        under_way = repair_rows.under_way(told, {one.step for one in self._known})
        everything = [*self._known, *(Known(step, "running", None) for step in under_way)]
        self._asked = await repair_rows.asked_people(session, run.id)
        program, changed = fork_inside.program(new), None
        if new.id != old.id:
            changed = (fork_inside.signatures_of(old), signatures(program, use_pinned=new.number is None))
        chosen: dict[StepId, Why] = {one.step(): "chosen" for one in wanted.again}
        edited = frozenset(one.step() for one in wanted.edits)
        self._split = fork_split.split(program, everything, chosen, edited=edited, changed=changed)
        acting = Acting.model_validate(run.acting) if run.acting else Acting()
        inside = await fork_inside.programs(session, new, self._calls or {})
        self._ready = Prepared(new, everything, self._split, acting, inside=inside)

    def plan(self) -> RepairPlan:
        """What would be done."""
        found = fork_plan.plan(self._run.id, self._ready)
        given = [StepRef(node_id=one.node_id, path=one.path, visit=one.visit) for one in self._wanted.give]
        places = {one.node_id for one in given if not one.path}
        again = {one.step for one in self._again()}
        found.again = [one for one in found.again if one.step() in again]
        return RepairPlan(
            **found.model_dump(include={"run_id", "version_id", "version_number", "kept", "again"}),
            given=given,
            may_play=[node_id for node_id in found.may_play if node_id not in places],
            statement=_statement(len(found.again), len(given), len(self._wanted.edits)),
        )

    async def store(self) -> None:
        """Do it, in the caller's transaction, with one event and one entry of the audit trail."""
        session, run, wanted = self._session, self._run, self._wanted
        again = [one.step for one in self._again()]
        before = await repair_rows.outputs(session, run.id, [one.step() for one in wanted.edits])
        await repair_rows.forget(session, run.id, again)
        ports = {one.step(): self._port(one) for one in (*wanted.edits, *wanted.give)}
        await repair_rows.give(session, run, [one.step() for one in wanted.give])
        await fork_rows.edit(session, run, [*wanted.edits, *wanted.give], ports)
        run.version_id, run.calls = self._version.id, self._calls
        session.add(run)
        await session.flush()
        said = {"by": self._by.account_id, "name": self._by.name, "note": wanted.note.strip()}
        data = {
            **said,
            "version_id": self._version.id,
            "again": [_place(step) for step in again],
            "edited": [{**_place(one.step()), "before": before.get(one.step())} for one in wanted.edits],
            "given": [_place(one.step()) for one in wanted.give],
        }
        await history.append(session, run.id, run.team_id, Entry("run.repaired", data))
        for one in wanted.give:
            told = {"port": ports[one.step()], "bytes": 0, "ms": 0, "given": "repaired"}
            await history.append(session, run.id, run.team_id, Entry("step.succeeded", told, one.step()))
        counted = {name: len(data[name]) for name in ("again", "edited", "given")}
        details = {**counted, "version": self._version.id, "note": said["note"]}
        await audit.record(session, self._by, "run.repaired", run.id, details)

    def _again(self) -> list[Known]:
        """What is played again or begun anew; a step that is given an output is neither."""
        given = {one.step() for one in self._wanted.give}
        return [one for one in self._ready.known if self._split.why_again(one.step) and one.step not in given]

    def _part(self, step: StepId) -> Part | None:
        return fork_split.part_at(self._split.program, step.path, step.node_id)

    def _port(self, one: Edit) -> str | None:
        part = self._part(one.step())
        before = next((known.port for known in self._known if known.step == one.step()), None)
        return one.port or before or (part.pass_port if part else None)

    def _unknown(self, ended: set[StepId]) -> Iterator[Problem]:
        """Only what has ended can be edited or played again; only what has not can be given an output."""
        lists: Mapping[str, Any] = {"edits": self._wanted.edits, "again": self._wanted.again}
        for place, wished in lists.items():
            for one in wished:
                if one.step() not in ended:
                    fix = "Choose one of the steps that have ended."
                    yield _problem(one.step(), place, "has not ended", fix)
        for one in self._wanted.give:
            if one.step() in ended:
                yield _problem(one.step(), "give", "has ended already", "Edit its output instead.")

    def _impossible(self) -> Iterator[Problem]:
        """What the version does not have, and what people decide."""
        edits = [(one, "edits") for one in self._wanted.edits] + [(one, "give") for one in self._wanted.give]
        for one, place in edits:
            step, part = one.step(), self._part(one.step())
            if part is None:
                yield _problem(step, place, "is not in this version at this place", "Choose another step.")
                continue
            if part.kind.group == "People" or step in self._asked:
                yield _problem(step, place, "is decided by people", "Open its approval and decide there.")
            if part.body is not None and place == "give":
                fix = "Give its steps their outputs, or let it be played."
                yield _problem(step, place, "holds other steps", fix)
            if part.ports and (one.port or part.pass_port) not in (*part.ports, ERROR_PORT):
                fix = f"It has {', '.join(part.ports)}."
                yield _problem(step, place, f"cannot leave by “{one.port}”", fix)

    def _done_already(self) -> Iterator[Problem]:
        """What would be done a second time in the same run, under the same idempotency keys."""
        ended = {one.step for one in self._known if one.status == "succeeded"}
        for one in self._again():
            if self._split.why_again(one.step) == "gone" and one.step not in self._asked:
                continue
            part = self._part(one.step)
            if one.step in self._asked or (part and part.kind.group == "People"):
                yield _problem(one.step, "again", "was asked of people, who are not asked twice", _FORK)
            elif one.step in ended and part is not None and _acted(part):
                yield _problem(one.step, "again", "has acted on the world already", _FORK)
            elif part is not None and one.step not in ended and part.kind.role == "call":
                fix = "Cancel the run that it waits for, or fork this one."
                yield _problem(one.step, "again", "waits for another run", fix)


def _acted(part: Part) -> bool:
    kind = part.kind
    return not kind.effects.isdisjoint({"write", "external"}) and kind.name not in _MAY_REPEAT


def _statement(again: int, given: int, edited: int) -> str:
    """What happens, in one sentence."""
    told = [
        f"{n} {one if n == 1 else many}"
        for n, one, many in (
            (edited, "output is replaced", "outputs are replaced"),
            (given, "step is skipped", "steps are skipped"),
            (again, "step runs again", "steps run again"),
        )
        if n
    ]
    return f"{', '.join(told) or 'No step changes'}. Nothing that has acted on the world is done again."


def _place(step: StepId) -> dict[str, Any]:
    return {"node_id": step.node_id, "path": step.path, "visit": step.visit}


def _problem(step: StepId, place: str, what: str, fix: str) -> Problem:
    shown = f"{step.path}/{step.node_id}" if step.path else step.node_id
    return Problem(f"“{shown}” {what}.", f"{place}: nodes.{step.node_id}", fix, "cannot_repair", step.node_id)
