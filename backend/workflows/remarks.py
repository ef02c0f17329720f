"""Comments that name somebody, or answer somebody: whoever is meant is told, once a comment, also by e-mail."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import orjson
from pycrdt import Doc, Map

from backend.core import mail
from backend.core.db import Session
from backend.core.errors import TooMany
from backend.core.settings import settings
from backend.identity import limiter
from backend.identity import repository as people
from backend.identity.models import Account
from backend.notifications import service as notifications
from backend.notifications.schemas import Notice
from backend.outgoing import service as outgoing
from backend.workflows.models import Workflow

MOST_AT_ONCE = 50
MAX_TEXT = 10_000  # a diagram's comments have no more


class Remarks:
    """Which comments of a room were written since the last look, and by whom."""

    def __init__(self) -> None:
        self._by = ""
        self._written: dict[str, str] = {}
        self._comments: Map[Any] = Map()

    def watch(self, doc: Doc[Any]) -> None:
        """Follow the comments of this document from now on."""
        self._comments = doc.get("comments", type=Map)
        self._comments.observe_deep(self._changed)

    @contextmanager
    def by(self, account_id: str) -> Generator[None]:
        """What changes meanwhile is this person's; what changes otherwise was told by another process."""
        self._by = account_id
        try:
            yield
        finally:
            self._by = ""

    def waiting(self) -> dict[str, str]:
        """Who wrote which comment, a few at a time."""
        return dict(list(self._written.items())[:MOST_AT_ONCE])

    def told(self, written: Mapping[str, str]) -> None:
        """These need no other look."""
        for comment_id in written:
            self._written.pop(comment_id, None)

    async def tell(self, session: Session, workflow: Workflow, written: Mapping[str, str]) -> None:
        """Tell everybody who is meant by these comments."""
        if not written:
            return
        comments: dict[str, Any] = orjson.loads(str(self._comments))
        team = [account for _, account in await people.members(session, workflow.team_id)]
        for comment_id, account_id in written.items():
            if isinstance(comments.get(comment_id), dict) and await _may_tell(account_id):
                await _tell(session, workflow, team, comments, (comment_id, account_id))

    def _changed(self, events: list[Any]) -> None:
        if not self._by:
            return
        for event in events:
            keys = cast(Mapping[str, Mapping[str, Any]], event.keys)
            if event.path:
                self._written |= {event.path[0]: self._by} if "text" in keys else {}
            else:
                self._written |= {key: self._by for key, change in keys.items() if change["action"] == "add"}


async def _may_tell(account_id: str) -> bool:
    """Nobody floods the others: what somebody writes beyond the limit stands on the canvas and is told to nobody."""
    try:
        await limiter.require("remark", account_id)
    except TooMany:
        return False
    return True


async def _tell(
    session: Session,
    workflow: Workflow,
    team: Sequence[Account],
    comments: Mapping[str, Any],
    written: tuple[str, str],
) -> None:
    comment_id, writer_id = written
    text = str(comments[comment_id].get("text") or "")[:MAX_TEXT]
    writer = next((one.name for one in team if one.id == writer_id), "Somebody")
    thread = _thread(comments, comment_id)
    meant = named_in(text, team) - {writer_id}
    earlier = {str(one.get("author") or "") for key, one in thread.items() if key != comment_id}
    answered = {one.id for one in team if one.name in earlier} - meant - {writer_id}
    about, link = f"comment:{workflow.id}:{comment_id}", f"/workflows/{workflow.id}?comment={comment_id}"
    mention = Notice("mention", about, f"{writer} mentioned you in {workflow.name}", link, text)
    reply = Notice("reply", about, f"{writer} replied in {workflow.name}", link, text)
    for who, notice in ((meant, mention), (answered, reply)):
        told = {row.account_id for row in await notifications.tell(session, workflow.team_id, who, notice)}
        await _mail(session, workflow.team_id, [one for one in team if one.id in told], notice)


async def _mail(session: Session, team_id: str, told: Iterable[Account], notice: Notice) -> None:
    """The same by e-mail where this installation sends any."""
    link = f"{settings().resolved_public_url()}{notice.link}"
    letter = mail.Letter(
        notice.title, f"{notice.title}:\n\n{notice.text}\n\nRead and answer it here: {link}\n"
    )
    for person in told:
        await outgoing.write_mail(session, team_id, f"{notice.about}:{person.id}", person.email, letter)


def named_in(text: str, team: Iterable[Account]) -> set[str]:
    """The accounts whose `@Name` stands in the text. Longer names come first: “@Ada L.” is not “Ada”."""
    by_length = sorted(team, key=lambda one: -len(one.name))
    found: set[str] = set()
    at = text.find("@")
    while at >= 0:
        name = next((one.name for one in by_length if one.name and text.startswith(one.name, at + 1)), "")
        found |= {one.id for one in by_length if name and one.name == name}
        at = text.find("@", at + 1 + len(name))
    return found


def _thread(comments: Mapping[str, Any], comment_id: str) -> dict[str, Mapping[str, Any]]:
    """The comment that was answered first, and all answers to it; a comment of its own has none."""
    rows = {key: cast(Mapping[str, Any], one) for key, one in comments.items() if isinstance(one, dict)}
    head = rows[comment_id].get("reply_to")
    return {key: one for key, one in rows.items() if head and (key == head or one.get("reply_to") == head)}
