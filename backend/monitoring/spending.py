"""What a team's runs have cost today, what they may cost together, and which model providers and servers are left alone."""

from datetime import datetime, timedelta
from typing import Any

from redis.exceptions import RedisError
from sqlalchemy import func, inspect
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from backend.core import clock
from backend.core.db import Session
from backend.inference import breakers, chat, server_breakers
from backend.inference.breakers import Breaker, Of
from backend.monitoring.models import AlarmRule
from backend.monitoring.schemas import BudgetOfTeam, Resting
from backend.runs.models import EffectRecord, Run


async def since(session: Session, team_id: str, moment: datetime) -> tuple[float, bool]:
    """Dollars of the runs that began since then, and whether the price of some model is not known."""
    run: Any = inspect(Run).local_table.c
    effect: Any = inspect(EffectRecord).local_table.c
    unknown = func.count() - func.count(effect.cost)
    query: Any = select_columns(func.coalesce(func.sum(effect.cost), 0.0), unknown).select_from(
        inspect(EffectRecord).local_table.join(inspect(Run).local_table, run.id == effect.run_id)
    )
    query = query.where(run.team_id == team_id, run.created_at >= moment, effect.model.is_not(None))
    row: Any = (await (await session.connection()).execute(query)).one()
    return float(row[0]), bool(row[1])


async def today(session: Session, team_id: str) -> tuple[float, bool]:
    """The same since midnight UTC."""
    return await since(session, team_id, clock.now().replace(hour=0, minute=0, second=0, microsecond=0))


async def budget(session: Session, team_id: str) -> BudgetOfTeam | None:
    """The alarm on the cost of all workflows together that is nearest to its limit."""
    query = select(AlarmRule).where(
        col(AlarmRule.team_id) == team_id,
        col(AlarmRule.kind) == "cost",
        col(AlarmRule.workflow_id).is_(None),
    )
    found: list[BudgetOfTeam] = []
    for rule in (await session.exec(query)).all():
        spent, _ = await since(session, team_id, clock.now() - timedelta(minutes=rule.minutes))
        found.append(BudgetOfTeam(most=rule.threshold, spent=spent, minutes=rule.minutes))
    return max(found, key=lambda one: one.spent / one.most, default=None)


async def resting(team_id: str) -> list[Resting]:
    """The providers and servers whose breaker is open or half open; none where nothing can be learnt of them."""
    try:
        asked = {name: await breakers.look(team_id, name) for name in chat.PROVIDERS}
        servers = await server_breakers.standing(team_id)
    except (RedisError, OSError):
        return []
    providers = [_resting(name, "models", one) for name, one in asked.items() if one.state != "closed"]
    return providers + [_resting(name, "server", one) for name, one in servers.items()]


def _resting(name: str, of: Of, one: Breaker) -> Resting:
    plain = one.model_dump(include={"state", "failures", "until", "why"})
    return Resting(provider=name, of=of, **plain)
