"""Acts on what a run has done: goes on from where it failed, plays a part of it again, or all of it without effects.

Each gives a new run that names the old one; the old one is never changed. What stands is copied, what does not is played.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from backend.core.db import Session
from backend.core.errors import Invalid, NotFound, Problem
from backend.engine.acting import Acting
from backend.engine.ports import StepId
from backend.engine.signature import signatures
from backend.identity.principal import Principal
from backend.runs import (
    entry_form,
    fork_inside,
    fork_plan,
    fork_rows,
    fork_settings,
    fork_source,
    fork_split,
    fork_undone,
    payloads,
    repository,
    service,
    starting,
    states,
)
from backend.runs.fork_plan import Prepared
from backend.runs.fork_schemas import Edit, ForkPlan, ForkRun, ReplayRun, RetryRun, StepRef
from backend.runs.fork_split import Known, Why
from backend.runs.history import Entry
from backend.runs.models import Run, RunEvent
from backend.runs.schemas import TERMINAL, RunPublic
from backend.workflows import agents_named, raw, versions
from backend.workflows.diagram import ERROR_PORT
from backend.workflows.models import Version


class NotForkable(Invalid):
    """The fork cannot be made from this run with this version; `problems` says where and what to do."""

    code, title = "not_forkable", "This cannot be forked"


async def fork(session: Session, by: Principal, run_id: str, wanted: ForkRun) -> RunPublic | ForkPlan:
    """A new run that keeps what stands and plays the rest again."""
    source = await fork_source.found(session, by, run_id)
    chosen: dict[StepId, Why] = {wanted.from_.step(): "chosen"} if wanted.from_ else {}
    modes = fork_source.mocked(source) | wanted.modes
    acting = Acting(source=source.id, default=wanted.mode, modes=modes, edits=_listed(wanted.edits))
    found = _Fork(session, by, source, acting, wanted.settings)
    await found.prepare(wanted.version, chosen, wanted.edits)
    if wanted.dry_run:
        return found.plan()
    return await found.store("fork", wanted.from_)


async def retry(session: Session, by: Principal, run_id: str, wanted: RetryRun) -> RunPublic | ForkPlan:
    """A new run that goes on from the steps that failed; the same version sends the same idempotency keys again."""
    source = await fork_source.found(session, by, run_id)
    if source.status not in TERMINAL:
        raise states.WrongState(
            "The run has not ended yet.", fix="Cancel it first.", status_now=source.status
        )
    edited = "input" in wanted.model_fields_set
    from_start = wanted.from_start or edited
    if source.status == "succeeded" and not from_start:
        fix = "Play it again from its start with `from_start`, or fork it from a step."
        raise states.WrongState("The run has succeeded; no step of it failed.", fix=fix)
    keys = (source.acting or {}).get("keys_of") or source.id
    same = edited or (wanted.version is None and not wanted.from_start)
    modes = fork_source.mocked(source) | wanted.modes
    acting = Acting(source=source.id, default=wanted.mode, modes=modes, keys_of=keys if same else "")
    found = _Fork(session, by, source, acting)
    found.given = (wanted.input,) if edited else None
    await found.prepare(wanted.version, {}, [], from_start=from_start)
    if wanted.dry_run:
        return found.plan()
    return await found.store("retry", None)


async def replay(session: Session, by: Principal, run_id: str, wanted: ReplayRun) -> RunPublic | ForkPlan:
    """A new run that plays everything with what was recorded; steps whose output was edited keep that."""
    source = await fork_source.replayed(session, by, run_id, wanted)
    if source.status not in TERMINAL:
        raise states.WrongState(
            "The run has not ended yet.", fix="Wait until it has, or fork it.", status_now=source.status
        )
    acting = fork_source.replaying(source, wanted)
    found = _Fork(session, by, source, acting)
    await found.prepare(wanted.version, {}, [], from_start=True, stand=_edited(acting))
    if wanted.dry_run:
        return found.plan()
    return await found.store("replay", None)


def _listed(edits: list[Edit]) -> list[dict[str, Any]]:
    return [edit.model_dump(include={"node_id", "path", "visit"}) for edit in edits]


def _edited(acting: Acting) -> frozenset[StepId]:
    return frozenset(StepRef.model_validate(edit).step() for edit in acting.edits)


class _Fork:
    """One fork on its way: prepared first, so that a dry run and the real one cannot differ."""

    def __init__(
        self,
        session: Session,
        by: Principal,
        source: Run,
        acting: Acting,
        settings: fork_settings.Settings | None = None,
    ) -> None:
        self._session, self._by, self._source, self._acting = session, by, source, acting
        self._settings = settings or {}
        self.given: tuple[JsonValue] | None = None  # another input
        self._edits: list[Edit] = []
        self._ports: dict[StepId, str | None] = {}
        self._told: list[RunEvent] = []
        self._calls: dict[str, str] | None = None
        self._ready: Prepared

    async def prepare(
        self,
        version: str | None,
        chosen: Mapping[StepId, Why],
        edits: list[Edit],
        *,
        from_start: bool = False,
        stand: frozenset[StepId] = frozenset(),
    ) -> None:
        """Work out what stands; raises NotForkable with every place where it cannot be done."""
        session, source = self._session, self._source
        old = await repository.version(session, self._by.team_id, source.version_id)
        if old is None:
            raise NotFound("The version of this run is gone.")
        new = old if version is None else await versions.pin(session, self._by, source.workflow_id, version)
        new = await fork_settings.changed(session, self._by, new, self._settings)
        fork_source.require_whole(source, new)
        given = await payloads.whole(session, self._by.team_id, source.input)
        same = new is old and self.given is None
        self._input = given if same else entry_form.checked(new, self.given[0] if self.given else given)
        self._told = list(await fork_rows.events(session, source))
        steps = await fork_rows.known(session, source)
        edited = stand | {edit.step() for edit in edits}
        if from_start:
            chosen = {one.step: "chosen" for one in steps if one.step not in edited}
        else:
            self._require_steps(chosen, edited, steps)
            chosen = {**self._failed(old, steps, edited), **chosen}
        self._edits = edits
        self._calls = source.calls if new is old else await agents_named.pinned(session, new)
        self._ready = Prepared(
            version=new,
            known=steps,
            split=self._split(old, new, steps, chosen, edited),
            acting=self._acting,
            skipped={_step(event) for event in self._told if event.kind == "step.skipped"},
            inside=await fork_inside.programs(session, new, self._calls or {}),
            rolled=fork_undone.rolled(self._told),
        )
        self._require_mappable(chosen if not from_start else {})

    def _failed(self, old: Version, steps: list[Known], edited: frozenset[StepId]) -> dict[StepId, Why]:
        """What made the run fail. A saga that was undone begins anew, with keys that no receiver has seen."""
        undoes = {node.get("compensate_with") for node in raw.nodes(old.diagram)}
        failed = fork_split.dead_ends(one for one in steps if one.step.node_id not in undoes)
        stands = {one.step for one in steps if not one.is_dead_end}
        undone = fork_undone.sagas(self._told) - stands
        if undone:
            self._acting = self._acting.model_copy(update={"keys_of": ""})
        why: dict[StepId, Why] = {step: "undone" if step in undone else "failed" for step in failed | undone}
        return {step: word for step, word in why.items() if step not in edited}

    def _split(
        self,
        old: Version,
        new: Version,
        steps: list[Known],
        chosen: Mapping[StepId, Why],
        edited: frozenset[StepId],
    ) -> fork_split.Split:
        """What stands. Of a saga that was undone nothing does as soon as a part of it runs again."""
        program, changed = fork_inside.program(new), None
        if new.id != old.id:
            changed = (fork_inside.signatures_of(old), signatures(program, use_pinned=new.number is None))
        found = fork_split.split(program, steps, chosen, edited=edited, changed=changed)
        parted = [
            one for one in fork_undone.sagas(self._told) if found.why_again(one) and found.goes_on_inside(one)
        ]
        if not parted:
            return found
        anew: dict[StepId, Why] = dict.fromkeys(parted, "undone")
        return fork_split.split(program, steps, {**chosen, **anew}, edited=edited, changed=changed)

    def plan(self) -> ForkPlan:
        """What would be done."""
        return fork_plan.plan(self._source.id, self._ready)

    async def store(self, trigger: str, at: StepRef | None) -> RunPublic:
        """Do it, in the caller's transaction."""
        ready, session = self._ready, self._session
        run = starting.row(self._by, ready.version, self._input, trigger)
        run.forked_from_run_id = self._source.id
        run.calls = self._calls
        run.forked_at = at.model_dump() if at else None
        run.acting = self._acting.model_dump(mode="json")
        kept = sum(ready.split.why_again(one.step) is None for one in ready.known)
        run.bytes = self._source.bytes * kept // max(len(ready.known), 1)
        data = {"trigger": trigger, "by": run.started_by, "forked_from": self._source.id,
                "forked_at": run.forked_at, "edits": self._acting.edits, "steps_kept": kept}  # fmt: skip
        await starting.store(session, run, Entry("run.queued", data))
        if kept:
            await fork_rows.copy(session, self._source, run, ready.known, ready.split)
        await fork_rows.edit(session, run, self._edits, self._ports)
        ended = {one.step for one in ready.known}
        await fork_rows.tell(session, run, self._told, ready.split, ended, recorded=self._is_recorded)
        return await service.get(session, self._by, run.id)

    def _is_recorded(self, step: StepId) -> bool:
        return self._acting.mode(step.node_id, step.path).mode == "recorded"

    def _require_steps(
        self, chosen: Mapping[StepId, Why], edited: frozenset[StepId], steps: list[Known]
    ) -> None:
        """Only what the run has done can be done again or edited; a step that has begun may be chosen."""
        ended = {one.step for one in steps}
        begun = ended | {_step(event) for event in self._told if event.kind == "step.started"}
        missing = [(step, "from") for step in chosen if step not in begun]
        missing += [(step, "edits") for step in edited if step not in ended]
        problems = [
            Problem(f"The run has no step {_shown(step)}.", place, "Choose one of the steps it has done.",
                    "no_such_step", step.node_id)
            for step, place in missing
        ]  # fmt: skip
        if problems:
            raise NotForkable(problems[0].message, problems=problems)

    def _require_mappable(self, chosen: Mapping[StepId, Why]) -> None:
        split = self._ready.split
        problems: list[Problem] = []
        for step, why in chosen.items():
            if why == "chosen" and fork_split.part_at(split.program, step.path, step.node_id) is None:
                problems.append(_unmapped(step, "from"))
        for edit in self._edits:
            problems += self._edit_problems(edit)
        for node_id in self._acting.modes:
            mode, root = self._acting.modes[node_id], split.program
            problems += fork_inside.mode_problems(root, self._ready.inside, node_id, mode)
        if problems:
            raise NotForkable(problems[0].message, problems=problems)

    def _edit_problems(self, edit: Edit) -> list[Problem]:
        step, split = edit.step(), self._ready.split
        part = fork_split.part_at(split.program, step.path, step.node_id)
        if part is None:
            return [_unmapped(step, "edits")]
        if not split.reached(step):
            told = f"{_shown(step)} lies in a container that runs again from its beginning, so an edit there is lost."
            return [Problem(told, f"nodes.{step.node_id}", "Remove this edit, or edit the container's output.",
                            "edit_is_lost", step.node_id)]  # fmt: skip
        before = next((one.port for one in self._ready.known if one.step == step), None)
        port = edit.port or before or part.pass_port
        if part.ports and port not in (*part.ports, ERROR_PORT):
            told = f"{_shown(step)} cannot leave by “{port}”; it has {', '.join(part.ports)}."
            return [
                Problem(
                    told, f"nodes.{step.node_id}", "Choose one of its ports.", "unknown_port", step.node_id
                )
            ]
        self._ports[step] = port
        return []


def _unmapped(step: StepId, place: str) -> Problem:
    told = f"{_shown(step)} is not in this version at this place."
    fix = "Choose a step that the version still has, or the version that the run played."
    return Problem(told, f"{place}: nodes.{step.node_id}", fix, "step_is_gone", step.node_id)


def _step(event: RunEvent) -> StepId:
    return StepId(event.node_id or "", event.path, event.visit)


def _shown(step: StepId) -> str:
    return f"{step.path}/{step.node_id}" if step.path else step.node_id
