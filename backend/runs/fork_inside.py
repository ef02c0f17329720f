"""The workflows that a version plays inside, by the place of their call: `call`, or `call/other` further in."""

from collections.abc import Mapping

from pydantic import ValidationError

from backend.core.db import Session
from backend.core.errors import Problem
from backend.engine import compile as compiling
from backend.engine.acting import NodeMode
from backend.engine.ir import Part, Program
from backend.engine.signature import signatures
from backend.runs import fork_split
from backend.workflows import calls, trial
from backend.workflows.diagram import ERROR_PORT, Diagram
from backend.workflows.models import Version

Programs = Mapping[str, Program]
_FIX = "Choose another version, such as the published one."


def program(version: Version) -> Program:
    """The checked form of a version; raises CannotCompile, also where this release cannot even read it."""
    try:
        diagram = Diagram.model_validate(version.diagram)
    except ValidationError as wrong:
        found = wrong.errors(include_url=False, include_input=False, include_context=False)
        problems = [Problem(f"{one['msg']}.", ".".join(map(str, one["loc"])), _FIX) for one in found[:20]]
        message = "The stored diagram of this version cannot be read."
        raise compiling.CannotCompile(message, problems=problems, fix=_FIX) from None
    diagram = trial.played(diagram, None) if version.number is None else diagram
    return compiling.compiled(diagram, version_id=version.id).program


def signatures_of(version: Version) -> fork_split.Signatures:
    """Of a version that can no longer be played nothing is known, so nothing of it stands."""
    try:
        return signatures(program(version), use_pinned=version.number is None)
    except compiling.CannotCompile:
        return {}


async def programs(session: Session, version: Version, pinned: Mapping[str, str]) -> dict[str, Program]:
    """What is played inside, to any depth; `pinned` says which version each call plays."""
    found: dict[str, Program] = {}
    waiting = [("", version)]
    while waiting:
        place, around = waiting.pop()
        for call in calls.of(around.diagram.get("nodes", [])):
            inner = await session.get(Version, pinned.get(calls.key(call.workflow, call.version), ""))
            if call.inside and inner is not None and inner.team_id == version.team_id:
                at = f"{place}/{call.node_id}" if place else call.node_id
                found[at] = program(inner)
                waiting.append((at, inner))
    return found


def part_of(root: Program, inside: Programs, key: str) -> Part | None:
    """The node for which a mode is chosen under this key."""
    place, _, node_id = key.rpartition("/")
    around = inside.get(place) if place else root
    return fork_split.find(around, node_id) if around else None


def mode_problems(root: Program, inside: Programs, key: str, mode: NodeMode) -> list[Problem]:
    """What is wrong with the choice for one node."""
    part, node_id = part_of(root, inside, key), key.rpartition("/")[2]
    if part is None:
        told = f"There is no node {key} to choose a mode for."
        fix = "Name a node of the version; one that a Sub-workflow plays inside is named CALL/NODE."
        return [Problem(told, f"modes.{key}", fix, "no_such_node", node_id)]
    if mode.mode == "mocked" and mode.port and part.ports and mode.port not in (*part.ports, ERROR_PORT):
        told = f"{key} cannot leave by “{mode.port}”; it has {', '.join(part.ports)}."
        return [Problem(told, f"modes.{key}.port", "Choose one of its ports.", "unknown_port", node_id)]
    return []
