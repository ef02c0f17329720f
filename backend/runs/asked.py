"""What the steps of a run asked of the world, as people read it: which model, how many tokens, how long, and the answer."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

from pydantic import BaseModel, Field, JsonValue
from sqlalchemy import func, inspect
from sqlalchemy import select as _select
from sqlmodel import col, select

from backend.core.db import Session
from backend.engine import values
from backend.engine.ports import StepId
from backend.identity.principal import Principal
from backend.inference import prices
from backend.runs import redaction, repository, service
from backend.runs.models import EffectRecord, StepRecord

MOST = 500
MAX_SHOWN_BYTES = 4_000_000
_LABEL = 160


class CallPublic(BaseModel):
    """One request and its answer. `request` is kept of models, addresses, searches and other workflows."""

    node_id: str
    path: str
    visit: int
    attempt: int
    n: int
    kind: str
    label: str = Field(default="", description="Which model, address or question.")
    request: JsonValue = None
    answer: JsonValue = None
    error: dict[str, Any] | None = None
    ms: float | None
    first_ms: float | None = Field(
        default=None, description="Until the first piece of a model's answer; null where it was not streamed."
    )
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = Field(
        default=None, description="Dollars, by the prices at that time; null where the price was not known."
    )


class CallPage(BaseModel):
    """The first calls of a run."""

    items: list[CallPublic]


async def calls(session: Session, by: Principal, run_id: str, limit: int) -> CallPage:
    """For those who may read values; others get the kinds, tokens and times alone."""
    run = await service.found(session, by, run_id)
    rows = await repository.effects(session, run.id, 0, limit)
    outputs = await _outputs(session, run.id) if any(row.of_output for row in rows) else {}
    answers = [outputs.get(_place(row)) if row.of_output else row.result for row in rows]
    blobs = await _blobs(session, run.team_id, [*answers, *(row.request for row in rows)])
    hides = redaction.hides(by)
    shown = (_shown(row, answer, blobs) for row, answer in zip(rows, answers, strict=True))
    return CallPage(items=[_hidden(call) if hides else call for call in shown])


async def tokens(session: Session, run_id: str) -> dict[StepId, int]:
    """How many tokens each step's models read and wrote."""
    found: Counter[StepId] = Counter()
    query = select(EffectRecord).where(
        col(EffectRecord.run_id) == run_id, col(EffectRecord.model).is_not(None)
    )
    for row in await session.exec(query):
        found[_place(row)] += (row.input_tokens or 0) + (row.output_tokens or 0)
    return dict(found)


class Spent(BaseModel):
    """What the models of a run read and wrote, and what that cost where prices are known."""

    tokens: int = 0
    cost: float = 0.0
    unknown: bool = False  # what some of the calls cost is not known

    def words(self) -> str:
        """The cost as people read it; what is not known is never called free."""
        paid = f"${self.cost:.4f}" if self.cost else ""
        if self.unknown:
            return f"{paid} + unknown" if paid else "unknown"
        return paid or "free"


async def spent(session: Session, run_ids: Sequence[str]) -> dict[str, Spent]:
    """By run; those that asked no model are left out."""
    effect: Any = inspect(EffectRecord).local_table.c
    sums = func.sum(effect.input_tokens).label("read"), func.sum(effect.output_tokens).label("wrote")
    paid: Any = func.sum(effect.cost).label("paid")
    known: Any = effect.cost.is_not(None).label("known")
    counted: Any = _select(effect.run_id, effect.model, known, paid, *sums)
    query = counted.where(effect.run_id.in_(run_ids), effect.model.is_not(None))
    rows: Any = await (await session.connection()).execute(query.group_by(effect.run_id, effect.model, known))
    found: dict[str, Spent] = {}
    for row in rows:
        one = found.setdefault(row.run_id, Spent())
        one.tokens += int(row.read) + int(row.wrote)
        paid_for = row.paid if row.known else cost(row.model, int(row.read), int(row.wrote))
        one.cost += paid_for or 0.0
        one.unknown = one.unknown or paid_for is None
    return found


def _place(row: EffectRecord | StepRecord) -> StepId:
    return StepId(row.node_id, row.path, row.visit)


async def _outputs(session: Session, run_id: str) -> dict[StepId, JsonValue]:
    rows = await session.exec(select(StepRecord).where(col(StepRecord.run_id) == run_id))
    return {_place(row): row.output for row in rows}


async def _blobs(session: Session, team_id: str, stored: Sequence[JsonValue]) -> dict[str, bytearray]:
    room, wanted = MAX_SHOWN_BYTES, dict[str, None]()
    for value in stored:
        for digest, size in values.sizes(value).items():
            if digest not in wanted and size <= room:
                wanted[digest], room = None, room - size
    return await repository.blobs(session, team_id, list(wanted)) if wanted else {}


def cost(model: str, read: int, wrote: int) -> float | None:
    """Dollars by the prices of now, for what had no price when it was asked. Without any token the provider did not count."""
    return prices.cost(model, read, wrote) if read or wrote else None


def _shown(row: EffectRecord, answer: JsonValue, blobs: dict[str, bytearray]) -> CallPublic:
    request, counted = values.fill(row.request, blobs), (row.input_tokens or 0, row.output_tokens or 0)
    return CallPublic(
        node_id=row.node_id,
        path=row.path,
        visit=row.visit,
        attempt=row.attempt,
        n=row.n,
        kind=row.kind,
        label=_label(row, request),
        request=request,
        answer=values.fill(answer, blobs),
        error=row.error,
        ms=row.ms,
        first_ms=row.first_ms,
        input_tokens=counted[0],
        output_tokens=counted[1],
        cost=cost(row.model, *counted) if row.model and row.cost is None else row.cost,
    )


def _label(row: EffectRecord, request: JsonValue) -> str:
    asked = cast(dict[str, Any], request) if isinstance(request, dict) else {}
    told = {
        "chat": row.model or str(asked.get("model", "")),
        "http": f"{asked.get('method', '')} {asked.get('url', '')}",
        "search": f"{asked.get('collection', '')}: {asked.get('query', '')}",
        "call": str(asked.get("workflow", "")),
    }
    return told.get(row.kind, "").strip(": ")[:_LABEL]


def _hidden(call: CallPublic) -> CallPublic:
    """A label may quote an address or a question."""
    hidden = {"request": None, "answer": None, "error": redaction.of_error(call.error)}
    return call.model_copy(update=hidden | ({} if call.kind == "chat" else {"label": ""}))
