"""What the settings of a step came to: every expression of its node, evaluated again with what the step could read."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field, JsonValue

from backend.core.db import Session
from backend.core.errors import NotFound
from backend.engine.ports import StepId
from backend.identity.principal import Principal
from backend.nodes import preview, templates
from backend.nodes.preview import Flaw, Previewed, Text
from backend.nodes.registry import all_kinds
from backend.nodes.schemas import public
from backend.runs import fork_source, redaction, repository, service
from backend.runs.schemas import StepPublic
from backend.workflows import raw

MOST = 20


class Resolved(BaseModel):
    """A setting and what it came to; `value` is null and `flaws` says why where it cannot be told."""

    field: str
    text: str = Field(description="As it is written.")
    value: JsonValue = None
    cut: bool = False
    flaws: list[Flaw] = []


class ResolvedPage(BaseModel):
    """The settings of one step that are expressions, or have them in them."""

    items: list[Resolved]


class Asked(BaseModel):
    """What is to be evaluated, in the order of the fields."""

    fields: list[str]
    wanted: Previewed
    hidden: bool


async def asked(session: Session, by: Principal, run_id: str, step: StepId) -> Asked:
    """The texts of the version that ran, and what the step could read; evaluating them needs no transaction."""
    run = await service.found(session, by, run_id)
    version = await repository.version(session, by.team_id, run.version_id)
    nodes = raw.nodes(version.diagram) if version else []
    node = next((one for one in nodes if one["id"] == step.node_id), None)
    if node is None:
        raise NotFound("The version of this run has no such node.", fix="Use the ids of its steps.")
    texts = _written(node)
    known = await service.steps(session, by, run_id)
    whole = await service.get(session, by, run_id)
    scope = {"input": whole.input, "nodes": _readable(step, known), "run": fork_source.shown_as(run)}
    wanted = Previewed.model_validate({"texts": list(texts.values()), "scope": scope})
    return Asked(fields=list(texts), wanted=wanted, hidden=redaction.hides(by))


async def told(found: Asked) -> ResolvedPage:
    """Each text beside its value; who may not read values sees the texts."""
    pairs = zip(found.fields, found.wanted.texts, strict=True)
    if found.hidden:
        return ResolvedPage(items=[Resolved(field=field, text=text.text) for field, text in pairs])
    given = (await preview.of(found.wanted)).items
    return ResolvedPage(
        items=[
            Resolved(field=field, text=text.text, **one.model_dump())
            for (field, text), one in zip(pairs, given, strict=True)
        ]
    )


def _written(node: dict[str, Any]) -> dict[str, Text]:
    """The settings that are written as expressions or with holes."""
    kind = all_kinds().get(node["kind"])
    config: dict[str, Any] = node.get("config") or {}
    parts: dict[str, Any] = public(kind).schema_.get("properties", {}) if kind else {}
    found: dict[str, Text] = {}
    for field, part in parts.items():
        text, sort = config.get(field), part.get("widget")
        if not isinstance(text, str) or not text.strip() or len(text) > templates.MAX_LENGTH:
            continue
        if sort == "expression" or (sort == "template" and "{{" in text):
            found[field] = Text(text=text, sort=sort)
    return dict(list(found.items())[:MOST])


def _readable(step: StepId, known: Sequence[StepPublic]) -> dict[str, JsonValue]:
    """The last output of every node that had ended when the step began."""
    own = next((one for one in known if StepId(one.node_id, one.path, one.visit) == step), None)
    found: dict[str, JsonValue] = {}
    for one in sorted(known, key=lambda other: other.finished_at or other.started_at):
        near = not one.path or one.path == step.path or step.path.startswith(f"{one.path}/")
        before = own is None or (one.finished_at is not None and one.finished_at <= own.started_at)
        if near and before and one is not own:
            found[one.node_id] = one.output
    return found
