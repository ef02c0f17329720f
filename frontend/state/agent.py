"""What the page of one agent shows and does."""

from dataclasses import dataclass
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from backend.agents import service
from backend.agents.schemas import AgentChange, AgentDetail, CapabilityWish, VersionPublic
from backend.core.errors import NotFound
from backend.inference import chat, chat_extractive, chat_scripted
from backend.monitoring import agent_figures
from backend.monitoring.agent_schemas import AgentStatistics, AgentUse
from backend.nodes.agent_profile import AgentProfile
from frontend import routes
from frontend.rules import allows
from frontend.state import agent_form, dialog, edge, figures
from frontend.state.iso import iso


@dataclass
class Able:
    """A capability with its evidence; `shown` says how it came about, `last` are the newest outcomes."""

    name: str
    proficiency: float
    percent: str
    shown: str
    last: list[list[str]]


@dataclass
class Written:
    """A version; `changes` names the fields that it changed."""

    number: int
    by: str
    at: str
    reason: str
    changes: str
    figures: str
    current: bool


@dataclass
class AskedBy:
    """A run that asked the agent."""

    name: str
    href: str
    status: str
    steps: str
    at: str


@dataclass
class Named:
    """A workflow that names the agent."""

    name: str
    href: str
    nodes: str


@dataclass
class Went:
    """A change of state."""

    way: str
    why: str
    at: str


_POOR = 0.5


class Agent(rx.State):
    """The agent of this address; the form holds what was stored when it was loaded."""

    id: str = ""
    missing: str = ""
    name: str = ""
    role: str = ""
    model: str = ""
    state: str = ""
    version: int = 0
    made: str = ""
    problems: rx.Field[list[list[str]]] = rx.field(default_factory=list)
    form: rx.Field[dict[str, str]] = rx.field(default_factory=dict)
    form_of: int = 0
    """The version that the form began from; another person may have saved a newer one since."""
    filled: int = 0
    """How often the form was filled anew; while it is the same, the fields hold what is typed in them."""
    models: rx.Field[list[str]] = rx.field(default_factory=list)
    tiles: rx.Field[list[list[str]]] = rx.field(default_factory=list)
    able: rx.Field[list[Able]] = rx.field(default_factory=list)
    versions: rx.Field[list[Written]] = rx.field(default_factory=list)
    runs: rx.Field[list[AskedBy]] = rx.field(default_factory=list)
    uses: rx.Field[list[Named]] = rx.field(default_factory=list)
    went: rx.Field[list[Went]] = rx.field(default_factory=list)

    @rx.event
    @allows("workflow.read")
    async def load(self):
        """Everything about the agent of this address; comes again when a lost connection is back."""
        asked: str = self.agent_id  # pyright: ignore[reportAttributeAccessIssue] - the route's part
        if self.id != asked:
            self.reset()
        found = await self._read(asked)
        if found is not None:
            self._fill(found)
            offered = [f"{name}:" for name in chat.PROVIDERS if chat.provider(name)]
            self.models = [chat_extractive.NAME, chat_scripted.NAME, *offered]

    @rx.event
    @allows("workflow.read")
    async def refresh(self):
        """The figures and the state a moment later; what is being typed stays."""
        if self.id:
            await self._read(self.id)

    @rx.event
    @allows("workflow.edit")
    async def save(self, typed: dict[str, Any]) -> EventSpec:
        """A new version from what the form says."""
        wish = AgentChange(
            profile=agent_form.profile(typed), reason=str(typed.get("reason") or ""), based_on=self.form_of
        )
        before = self.form_of
        async with edge.writing() as (session, by):
            done = await service.change(session, by, self.id, wish)
        await self._read(self.id)
        self.form, self.form_of = agent_form.texts(done.profile), done.version
        if done.version == before:
            return rx.toast.info("Nothing was changed.")
        return rx.toast.success(f"Version {done.version} is saved.", description=_outcome(done))

    @rx.event
    @allows("workflow.edit")
    async def restore(self, number: int) -> EventSpec:
        """Work by an older version again."""
        async with edge.writing() as (session, by):
            done = await service.restore(session, by, self.id, str(number))
        await self._again()
        return rx.toast.success(f"Version {number} is back, as version {done.version}.")

    @rx.event
    @allows("workflow.edit")
    async def terminate(self, typed: dict[str, Any]) -> list[EventSpec]:
        """Never ask it again."""
        async with edge.writing() as (session, by):
            await service.terminate(session, by, self.id, str(typed.get("reason") or ""))
        await self._again()
        return [dialog.DONE, rx.toast.success("Terminated.")]

    @rx.event
    @allows("workflow.edit")
    async def add_capability(self, typed: dict[str, Any]) -> EventSpec:
        """Something more that it can, or another opinion of how well."""
        stated = float(typed.get("proficiency") or 50) / 100
        await self._able({str(typed.get("name") or "").strip(): stated})
        return dialog.DONE

    @rx.event
    @allows("workflow.edit")
    async def remove_capability(self, name: str):
        """It cannot, after all; its evidence goes."""
        await self._able({name: None})

    async def _able(self, said: dict[str, float | None]) -> None:
        async with edge.writing() as (session, by):
            known = await service.get(session, by, self.id)
            stated = {one.name: one.stated for one in known.capabilities} | said
            wanted = [
                CapabilityWish(name=name, proficiency=value)
                for name, value in stated.items()
                if value is not None
            ]
            wish = AgentChange(profile=known.profile, capabilities=wanted)
            await service.change(session, by, self.id, wish)
        await self._read(self.id)

    async def _again(self) -> None:
        found = await self._read(self.id)
        if found is not None:
            self._fill(found)

    async def _read(self, ref: str) -> AgentDetail | None:
        try:
            async with edge.reading() as (session, by):
                found = await service.get(session, by, ref)
                written = await service.versions(session, by, found.id)
                did = await agent_figures.statistics(session, by, found.id)
                uses = await agent_figures.uses(session, by, found.id)
        except NotFound as error:
            self.missing = error.message
            return None
        self.missing = ""
        self._take(found)
        self.tiles, self.runs = _tiles(did), _runs(did)
        self.versions, self.uses = _versions(written.items, did), [_use(one) for one in uses.items]
        return found

    def _take(self, one: AgentDetail) -> None:
        self.id, self.name, self.role, self.model = one.id, one.name, one.role, one.model
        self.state, self.version, self.made = one.state, one.version, iso(one.created_at)
        self.problems = [[p.message, f"{p.place} {p.fix}".strip()] for p in one.problems]
        self.able = [_able(item) for item in one.capabilities]
        self.went = [
            Went(f"{step.from_state} → {step.to_state}", step.why, iso(step.at)) for step in one.transitions
        ]

    def _fill(self, one: AgentDetail) -> None:
        self.form, self.form_of = agent_form.texts(one.profile), one.version
        self.filled += 1


def _outcome(done: AgentDetail) -> str:
    return f"It cannot work yet: {done.problems[0].message}" if done.problems else ""


def _able(one: Any) -> Able:
    told = f"said {one.stated:.0%}"
    told += f" · {one.succeeded} of {one.steps} steps succeeded" if one.steps else " · no outcomes yet"
    last = [[routes.run(o.run_id), _state_of(o), _words_of(o)] for o in one.outcomes]
    return Able(one.name, one.proficiency, f"{one.proficiency:.0%}", told, last)


def _state_of(outcome: Any) -> str:
    return "succeeded" if outcome.succeeded else "failed"


def _words_of(outcome: Any) -> str:
    score = "" if outcome.score is None else f", score {outcome.score:.2f}"
    return f"{outcome.node_id}: {_state_of(outcome)}{score}"


def _tiles(did: AgentStatistics) -> list[list[str]]:
    total = did.total
    tokens = total.input_tokens + total.output_tokens
    bad = "failed" if total.success_rate is not None and total.success_rate < _POOR else ""
    return [
        ["Success", figures.share(total.success_rate), f"{total.succeeded} of {total.steps} steps", bad],
        ["Half take", figures.duration(total.p50_ms), "at most", ""],
        ["95 % take", figures.duration(total.p95_ms), "at most", ""],
        ["Tokens", figures.count(tokens), f"{figures.count(total.output_tokens)} written", ""],
        ["Cost", figures.money(total.cost), "in 30 days", ""],
        ["Score", _score(total.mean_score), f"of {total.scored} scored steps", ""],
    ]


def _score(mean: float | None) -> str:
    return figures.NONE if mean is None else f"{mean:.2f}"


def _runs(did: AgentStatistics) -> list[AskedBy]:
    return [
        AskedBy(
            name=one.workflow_name,
            href=routes.run(one.run_id),
            status=one.status,
            steps=f"{one.steps} step{'s' * (one.steps != 1)}",
            at=iso(one.began_at),
        )
        for one in did.runs
    ]


def _use(one: AgentUse) -> Named:
    return Named(one.name, routes.workflow(one.workflow_id), ", ".join(one.nodes))


def _versions(written: list[VersionPublic], did: AgentStatistics) -> list[Written]:
    known = {one.version: one for one in did.versions}
    older = {one.number: one.profile for one in written}
    found: list[Written] = []
    for one in written:
        figured = known.get(one.number)
        told = (
            f"{figures.share(figured.success_rate)} of {figured.steps}" if figured and figured.steps else ""
        )
        changes = _changes(older.get(one.number - 1), one.profile)
        row = Written(one.number, one.by, iso(one.at), one.reason, changes, told, one.current)
        found.append(row)
    return found


def _changes(before: AgentProfile | None, now: AgentProfile) -> str:
    if before is None:
        return "Made"
    fields = AgentProfile.model_fields
    other = [name for name in fields if getattr(before, name) != getattr(now, name)]
    return ", ".join(fields[name].title or name for name in other)
