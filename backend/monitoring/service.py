"""The alarms of a team: kept by its editors, looked at by workers, told by e-mail, webhook and on the pages."""

from collections.abc import Sequence
from datetime import timedelta

from sqlmodel import col, select

from backend.core import clock, ids, mail
from backend.core.db import Session
from backend.core.errors import Invalid, NotFound, Problem
from backend.core.settings import settings
from backend.identity import audit, members
from backend.identity.principal import Principal
from backend.monitoring import looking, webhooks
from backend.monitoring.models import AlarmRule
from backend.monitoring.schemas import AlarmPage, AlarmPublic, AlarmWish
from backend.notifications import service as notifications
from backend.notifications.schemas import Notice
from backend.outgoing import news, topics
from backend.outgoing import service as outgoing
from backend.workflows import service as workflows
from backend.workflows.models import Workflow

MOST = 100
LOOK_EVERY = timedelta(seconds=30)
AT_ONCE = 20
WORDS = {
    "consecutive_failures": "Runs fail one after the other",
    "failure_rate": "Too many runs fail",
    "error_count": "Runs fail",
    "latency": "Runs take long",
    "latency_spike": "Runs take longer than usual",
    "cost_per_run": "A run costs much",
    "cost": "Runs cost much together",
    "no_activity": "Nothing runs",
    "no_worker": "Runs wait for a worker",
    "plan_deviations": "Runs leave their plans",
    "providers_resting": "Providers of models are left alone",
}


async def list_(session: Session, by: Principal) -> AlarmPage:
    """All alarms of the team."""
    by.require("run.read")
    query = select(AlarmRule).where(col(AlarmRule.team_id) == by.team_id).order_by(col(AlarmRule.id))
    rows = (await session.exec(query)).all()
    return AlarmPage(items=await _public(session, rows))


async def create(session: Session, by: Principal, wish: AlarmWish) -> AlarmPublic:
    """Look for something from now on. E-mail goes to members only: it tells of the team's runs."""
    by.require("workflow.publish")
    if wish.workflow_id:
        await workflows.get(session, by, wish.workflow_id)
    await _require_members(session, by, wish.mail_to)
    if len((await list_(session, by)).items) >= MOST:
        raise _wrong(f"A team can have {MOST} alarms.", "kind", "Remove one that you do not need.")
    now = clock.now()
    row = AlarmRule(
        id=ids.new("alr"),
        team_id=by.team_id,
        created_by=by.account_id,
        created_at=now,
        look_at=now,
        **wish.model_dump(),
    )
    session.add(row)
    await session.flush()
    await audit.record(session, by, "alarm.created", row.id, {"kind": wish.kind})
    return (await _public(session, [row]))[0]


async def remove(session: Session, by: Principal, alarm_id: str) -> None:
    """Look for it no longer."""
    by.require("workflow.publish")
    query = select(AlarmRule).where(col(AlarmRule.id) == alarm_id, col(AlarmRule.team_id) == by.team_id)
    row = (await session.exec(query)).first()
    if row is None:
        raise NotFound("There is no such alarm.")
    await session.delete(row)
    await session.flush()
    await audit.record(session, by, "alarm.removed", alarm_id, {"kind": row.kind})


async def anything_due(session: Session) -> bool:
    """True when an alarm is to be looked at."""
    query = select(AlarmRule.id).where(col(AlarmRule.look_at) <= clock.now()).limit(1)
    return (await session.exec(query)).first() is not None


async def look(session: Session) -> int:
    """Look at what is due, each by one worker; how many were told."""
    due = (
        select(AlarmRule)
        .where(col(AlarmRule.look_at) <= clock.now())
        .order_by(col(AlarmRule.look_at))
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, key_share=True)
    )
    told = 0
    for rule in (await session.exec(due)).all():
        told += await _look_at(session, rule)
        session.add(rule)
    await session.flush()
    return told


async def _look_at(session: Session, rule: AlarmRule) -> bool:
    now = clock.now()
    rule.look_at = now + LOOK_EVERY
    rule.message = await looking.sentence(session, rule)
    rule.raised_at = (rule.raised_at if rule.is_raised else now) if rule.message else None
    rule.is_raised = bool(rule.message)
    quiet = rule.told_at and now - rule.told_at < timedelta(minutes=rule.quiet_minutes)
    if not rule.is_raised or quiet:
        return False
    rule.told_at = now
    await _tell(session, rule)
    return True


async def _tell(session: Session, rule: AlarmRule) -> None:
    workflow = await session.get(Workflow, rule.workflow_id) if rule.workflow_id else None
    name = workflow.name if workflow else "all workflows"
    path = f"/runs?workflow={workflow.id}&status=failed" if workflow else "/monitoring"
    key, title = f"{rule.id}:{clock.now().isoformat()}", f"{WORDS[rule.kind]}: {name}"
    link = f"{settings().resolved_public_url()}{path}"
    await notifications.tell(
        session, rule.team_id, [rule.created_by], Notice("alarm", key, title, path, rule.message)
    )
    told = {"alarm": rule.kind, "alarm_id": rule.id, "message": rule.message, "workflow_id": rule.workflow_id}
    await news.tell(session, rule.team_id, topics.SYSTEM, "alarm.raised", rule.kind, told)
    quiet = f"It is not told again within {rule.quiet_minutes} minutes."
    for address in rule.mail_to:
        letter = mail.Letter(title, f"{rule.message}\n\n{link}\n\n{quiet}\n")
        await outgoing.write_mail(session, rule.team_id, f"{key}:{address}", address, letter)
    if rule.webhook:
        data = {"alarm": rule.kind, "id": rule.id, "title": title, "message": rule.message, "link": link}
        data |= {"workflow_id": rule.workflow_id, "at": clock.now().isoformat()}
        data = webhooks.body(rule.webhook_format, data)
        await outgoing.write_call(session, rule.team_id, f"{key}:webhook", rule.webhook, data)


async def _require_members(session: Session, by: Principal, addresses: Sequence[str]) -> None:
    known = {one.email.lower() for one in await members.list_(session, by)}
    for address in addresses:
        if address.lower() not in known:
            raise _wrong(f"{address} is nobody of your team.", "mail_to", "Use the address of a member.")


async def _public(session: Session, rows: Sequence[AlarmRule]) -> list[AlarmPublic]:
    wanted = {row.workflow_id for row in rows if row.workflow_id}
    query = select(Workflow.id, Workflow.name).where(col(Workflow.id).in_(wanted))
    names = dict((await session.exec(query)).all())
    return [
        AlarmPublic.model_validate(row.model_dump() | {"workflow_name": names.get(row.workflow_id or "", "")})
        for row in rows
    ]


def _wrong(message: str, place: str, fix: str) -> Invalid:
    return Invalid(message, fix=fix, problems=[Problem(message, place, fix)])
