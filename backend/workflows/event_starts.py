"""The events with which a published workflow begins, as rows by which an event finds it."""

from typing import Any

from sqlalchemy import delete
from sqlmodel import col

from backend.core import ids
from backend.core.db import Session
from backend.identity.principal import Principal
from backend.nodes.beginnings import EventStart
from backend.nodes.registry import all_kinds
from backend.workflows.diagram import Diagram
from backend.workflows.models import EventTrigger, Workflow


async def replace(session: Session, by: Principal, workflow: Workflow, diagram: Diagram) -> None:
    """From now on this workflow begins with the events of this diagram, and with no others."""
    await session.exec(delete(EventTrigger).where(col(EventTrigger.workflow_id) == workflow.id))
    for wanted in _wanted(diagram):
        row = EventTrigger(
            id=ids.new("trg"),
            team_id=workflow.team_id,
            workflow_id=workflow.id,
            topic=wanted.topic,
            type=wanted.type,
            config=wanted.model_dump(mode="json"),
            created_by=by.account_id,
        )
        session.add(row)
    await session.flush()


def _wanted(diagram: Diagram) -> tuple[EventStart, ...]:
    kinds = all_kinds()
    for node in diagram.nodes:
        kind = kinds.get(node.kind)
        if kind is not None and kind.role == "start" and not node.disabled:
            config: Any = kind.config.model_validate(node.config)
            return getattr(config, "events", ())
    return ()
