"""What a list of runs shows: the conditions of its filters, alike for the list, its density and what is done to many."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import ColumnElement, Float, String, cast, func, literal, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlmodel import col, select

from backend.core import clock
from backend.core.columns import UtcDateTime
from backend.runs.models import EffectRecord, Run, RunTag
from backend.runs.schemas import Shown, State
from backend.workflows.models import Workflow


@dataclass(frozen=True)
class Filter:
    """What the list shows; empty fields do not restrict."""

    statuses: tuple[State, ...] = ()
    workflow_id: str | None = None
    parent_run_id: str | None = None
    text: str = ""
    in_errors: bool = False  # errors quote values, so only for callers who may read those
    triggers: tuple[str, ...] = ()
    started_by: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    tags: tuple[str, ...] = ()  # all of them
    longer: float | None = None  # seconds from start to end, or until now
    shorter: float | None = None
    dearer: float | None = None  # dollars, as far as they are known


def conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    """Of a query on runs joined with their workflows."""
    found = [*_equal(wanted), *_in_time(wanted), *_spent(wanted)]
    if wanted.workflow_id:
        found.append(
            or_(col(Run.workflow_id) == wanted.workflow_id, col(Workflow.slug) == wanted.workflow_id)
        )
    if wanted.text:
        places: list[Any] = [col(Run.id), col(Workflow.name), col(Run.trigger)]
        if wanted.in_errors:
            places.append(cast(col(Run.error), String))
        found.append(or_(*(place.icontains(wanted.text, autoescape=True) for place in places)))
    return found


def _equal(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.statuses:
        found.append(or_(col(Run.status).in_(wanted.statuses), _shown(wanted.statuses)))
    if wanted.triggers:
        found.append(col(Run.trigger).in_(wanted.triggers))
    if wanted.parent_run_id:
        found.append(col(Run.parent_run_id) == wanted.parent_run_id)
    if wanted.started_by:
        found.append(col(Run.started_by) == wanted.started_by)
    return found


def _shown(states: tuple[State, ...]) -> ColumnElement[bool]:
    return col(Run.shown_as).in_([one for one in states if one in get_args(Shown)])


def _in_time(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.since:
        found.append(col(Run.created_at) >= wanted.since)
    if wanted.until:
        found.append(col(Run.created_at) < wanted.until)
    return found


def _spent(wanted: Filter) -> list[ColumnElement[bool]]:
    """By tag, by how long it took, and by what its models cost."""
    found: list[ColumnElement[bool]] = [
        col(Run.id).in_(select(RunTag.run_id).where(col(RunTag.tag) == tag)) for tag in wanted.tags
    ]
    until = func.coalesce(col(Run.finished_at), literal(clock.now(), UtcDateTime))
    took: ColumnElement[float] = seconds_between(col(Run.started_at), until)
    if wanted.longer is not None:
        found.append(took >= wanted.longer)
    if wanted.shorter is not None:
        found.append(took < wanted.shorter)
    if wanted.dearer is not None:
        found.append(col(Run.id).in_(_dearer(wanted.dearer)))
    return found


def _dearer(dollars: float) -> Any:
    """Runs whose models cost at least so much, as far as that is known."""
    cost: Any = func.sum(EffectRecord.cost)
    return select(EffectRecord.run_id).group_by(col(EffectRecord.run_id)).having(cost >= dollars)


class seconds_between(GenericFunction[float]):  # noqa: N801 - a function of SQL
    """How long it is from one moment to another."""

    type = Float()
    inherit_cache = True


@compiles(seconds_between, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **more: Any) -> str:
    since, until = (compiler.process(clause, **more) for clause in element.clauses)
    return f"((julianday({until}) - julianday({since})) * 86400.0)"


@compiles(seconds_between, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **more: Any) -> str:
    since, until = (compiler.process(clause, **more) for clause in element.clauses)
    return f"extract(epoch from ({until} - {since}))"
