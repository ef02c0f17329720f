"""Sub-workflows: which version each call plays, to any depth; fixed when a run starts, and checked before."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from backend.core.db import Session
from backend.core.errors import Invalid, Problem
from backend.nodes.registry import all_kinds
from backend.workflows import repository
from backend.workflows.models import Version, Workflow

MAX_DEPTH = 8


class CannotCall(Invalid):
    """A sub-workflow cannot be played; all problems are listed."""

    code, title = "cannot_call", "A sub-workflow cannot be played"


@dataclass(frozen=True)
class Call:
    """One call in a diagram."""

    node_id: str
    name: str
    workflow: str
    version: int | None
    inside: bool


@dataclass
class Calls:
    """What the calls of a diagram come to: the version of each, and what is wrong with them."""

    versions: dict[str, str] = field(default_factory=dict[str, str])
    problems: list[Problem] = field(default_factory=list[Problem])


def key(workflow: str, version: int | None) -> str:
    """The name of a call in a run's list of versions."""
    return f"{workflow}@{version or 'latest'}"


def of(nodes: Sequence[Mapping[str, Any]]) -> Iterator[Call]:
    """The calls among a diagram's nodes, as plain data."""
    kinds = all_kinds()
    for node in nodes:
        kind = kinds.get(node["kind"])
        config = cast(dict[str, Any], node.get("config") or {})
        if kind and kind.role == "call" and config.get("workflow"):
            version, name = config.get("version"), node.get("name") or node["id"]
            number, inside = version if isinstance(version, int) else None, config.get("mode") != "own_run"
            yield Call(node["id"], name, str(config["workflow"]), number, inside)
        elif kind and "workflows" in kind.config.model_fields:  # an agent may call them as tools
            for workflow in cast(list[Any], config.get("workflows") or []):
                yield Call(node["id"], str(node.get("name") or node["id"]), str(workflow), None, inside=False)


async def pinned(session: Session, version: Version) -> dict[str, str] | None:
    """The version of every call by `key`, None without any; raises CannotCall with everything that is wrong."""
    return await of_part(session, version)


async def of_part(
    session: Session, version: Version, ids: Collection[str] | None = None
) -> dict[str, str] | None:
    """The same for these nodes of the version alone."""
    nodes = [node for node in version.diagram.get("nodes", []) if ids is None or node["id"] in ids]
    if next(of(nodes), None) is None:
        return None
    found = await checked(session, version.team_id, version.workflow_id, nodes)
    if found.problems:
        raise CannotCall(found.problems[0].message, fix=found.problems[0].fix, problems=found.problems)
    return found.versions


async def checked(
    session: Session, team_id: str, workflow_id: str, nodes: Sequence[Mapping[str, Any]]
) -> Calls:
    """Follow every call of a workflow; a problem stands at the node from which one comes there."""
    walk = _Walk(session, team_id)
    for call in of(nodes):
        walk.node_id = call.node_id
        await walk.follow(call, {workflow_id: "itself"})
    return walk.found


@dataclass
class _Walk:
    session: Session
    team_id: str
    node_id: str = ""
    found: Calls = field(default_factory=Calls)
    heights: dict[str, int] = field(default_factory=dict[str, int])  # of the versions that were followed

    async def follow(self, call: Call, around: Mapping[str, str]) -> int:
        """How deep the calls below go; `around` holds the workflows on the way here, and what they are called."""
        workflow = await repository.find(self.session, self.team_id, call.workflow)
        version = await self._version(call, workflow, around)
        if workflow is None or version is None:
            return 0
        self.found.versions[key(call.workflow, call.version)] = version.id
        if call.inside and _has_saga(version):
            told = f"“{call.name}” plays “{workflow.name}” inside, and that has a Saga, which is undone with its own run."
            self._problem(told, "Play it as a run of its own.", "saga_inside")
        if version.id not in self.heights:
            inner = {**around, workflow.id: workflow.name}
            below = [await self.follow(one, inner) for one in of(version.diagram.get("nodes", []))]
            self.heights[version.id] = max(below, default=0) + 1
        height = self.heights[version.id]
        if len(around) == 1 and height > MAX_DEPTH:
            told = f"“{call.name}” leads {height} sub-workflows deep; {MAX_DEPTH} are allowed."
            self._problem(told, "Call fewer workflows from within each other.", "calls_too_deep")
        return height

    async def _version(
        self, call: Call, workflow: Workflow | None, around: Mapping[str, str]
    ) -> Version | None:
        if workflow is None:
            told = f"“{call.name}” calls “{call.workflow}”, and the team has no such workflow."
            return self._problem(told, "Use the short name of a workflow of this team.", "no_such_workflow")
        if workflow.id in around:
            names = list(around)[list(around).index(workflow.id) :]
            way = " → ".join([*(around[one] for one in names), around[workflow.id]])
            told = f"“{call.name}” calls a workflow that is being played around it: {way}."
            return self._problem(told, "Use a Loop to repeat something.", "calls_itself")
        wanted = str(call.version) if call.version else workflow.published_version_id
        found = await repository.version(self.session, workflow.id, wanted) if wanted else None
        if workflow.archived_at or found is None or found.number is None:
            why = "which is archived" if workflow.archived_at else "which was never published"
            if call.version and not workflow.archived_at:
                why = f"which has no version {call.version}"
            told = f"“{call.name}” calls “{workflow.name}”, {why}."
            return self._problem(told, "Publish it, or choose another version.", "no_such_version")
        return found

    def _problem(self, told: str, fix: str, code: str) -> None:
        place = f"nodes.{self.node_id}.config.workflow"
        self.found.problems.append(Problem(told, place, fix, code, self.node_id))


def _has_saga(version: Version) -> bool:
    kinds = all_kinds()
    found = (kinds.get(node["kind"]) for node in version.diagram.get("nodes", []))
    return any(kind.role == "saga" for kind in found if kind)
