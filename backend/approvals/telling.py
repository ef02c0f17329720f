"""Tells people of a question: by e-mail, with a link to its page and never one that decides."""

from collections.abc import Iterable
from datetime import datetime

from backend.approvals import people, repository
from backend.approvals.models import Approval, Note
from backend.core import clock, ids, mail
from backend.core.db import Session
from backend.core.settings import settings
from backend.identity.models import Account
from backend.nodes import working_hours
from backend.notifications import service as notifications
from backend.notifications.schemas import Notice
from backend.outgoing import service as outgoing


async def asked(session: Session, approval: Approval) -> None:
    """Whoever may decide, of a new question."""
    await to_deciders(session, approval, "asked", "A run asks for your decision.")


async def to_deciders(session: Session, approval: Approval, occasion: str, sentence: str) -> None:
    """Whoever may decide now; each once an occasion."""
    await to_people(session, approval, await people.deciders(session, approval), occasion, sentence)


async def to_people(
    session: Session, approval: Approval, who: Iterable[Account], occasion: str, sentence: str, text: str = ""
) -> None:
    """Some people, on the pages and by e-mail; each once an occasion."""
    told, about = list(who), f"{approval.id}:{occasion}"
    link = f"/approvals/{approval.id}"
    notice = Notice("approval", about, sentence, link, text or approval.title)
    await notifications.tell(session, approval.team_id, [person.id for person in told], notice)
    if not approval.mail or not mail.configured():
        return
    words = await _words(session, approval, sentence, text)
    for person in told:
        await outgoing.write_mail(session, approval.team_id, f"{about}:{person.id}", person.email, words)


async def over(session: Session, approval: Approval) -> None:
    """Nobody needs to look at it any more."""
    await notifications.over(session, approval.team_id, approval.id)


async def note(
    session: Session, approval: Approval, kind: str, by: str, text: str = "", to: str = ""
) -> Note:
    """Add to the thread under the question."""
    row = Note(
        id=ids.new("note"),
        team_id=approval.team_id,
        approval_id=approval.id,
        kind=kind,
        text=text,
        by=by,
        to=to,
        at=clock.now(),
    )
    session.add(row)
    await session.flush()
    return row


def next_reminder(approval: Approval) -> datetime | None:
    """When people are to be reminded next; None where they are not to be."""
    every = approval.remind_every
    return working_hours.after(clock.now(), every, approval.hours) if every else None


async def _words(session: Session, approval: Approval, sentence: str, text: str) -> mail.Letter:
    """The title and where to read the rest: what is asked about stays on the page."""
    workflow = await repository.workflow_name(session, approval.workflow_id)
    until = f"\nIt expires {approval.expires_at:%Y-%m-%d %H:%M} UTC." if approval.expires_at else ""
    urgent = f" [{approval.priority}]" if approval.priority in ("high", "urgent") else ""
    said = f"\n\n{text}" if text else ""
    link = f"{settings().resolved_public_url()}/approvals/{approval.id}"
    return mail.Letter(
        f"{approval.title}{urgent} · {workflow}",
        f"{sentence}{said}\n\n{approval.title}\nWorkflow: {workflow}{until}\n\n{link}\n\n"
        "The link opens the page of the question. Nothing is decided by opening it.\n",
    )
