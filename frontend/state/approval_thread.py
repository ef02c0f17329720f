"""What people do with a question beside deciding it, from its page."""

from collections.abc import Awaitable, Callable

import reflex as rx
from reflex.event import EventSpec

from backend.approvals import thread
from backend.approvals.schemas import ApprovalDetail
from backend.core.db import Session
from backend.identity import members
from backend.identity.permissions import permitted
from backend.identity.principal import Principal
from frontend.rules import allows
from frontend.state import dialog, edge
from frontend.state.approval import Approval

Act = Callable[[Session, Principal, str], Awaitable[ApprovalDetail]]
LONGEST = 10_000
"""Characters of a comment."""


class Thread(rx.State):
    """To whom a question can be passed on, and who can be asked."""

    deciders: rx.Field[list[list[str]]] = rx.field(default_factory=list)
    readers: rx.Field[list[list[str]]] = rx.field(default_factory=list)

    @rx.event
    @allows("approval.read")
    async def load(self):
        """The members, by what they may."""
        async with edge.reading() as (session, by):
            found = [one for one in await members.list_(session, by) if one.account_id != by.account_id]
        may = [one for one in found if permitted(one.roles, "approval.decide")]
        self.deciders = [[one.account_id, one.name] for one in may]
        self.readers = [
            [one.account_id, one.name] for one in found if permitted(one.roles, "run.payload") or one in may
        ]

    @rx.event
    @allows("approval.read")
    async def comment(self, form: dict[str, str]) -> EventSpec:
        """Say something; the field is emptied once it is in the thread."""
        text = form.get("text", "").strip()
        if not text:
            raise dialog.wrong("text", "Write something first.")
        if len(text) > LONGEST:
            raise dialog.wrong("text", f"This has {len(text):,} characters; {LONGEST:,} are allowed.")
        await self._act(lambda session, by, asked: thread.comment(session, by, asked, text))
        return dialog.DONE

    @rx.event
    @allows("approval.decide")
    async def ask(self, form: dict[str, str]) -> list[EventSpec]:
        """Ask somebody for information."""
        text, to = form.get("text", "").strip() or "Please tell more.", form.get("to", "")
        await self._act(lambda session, by, asked: thread.ask_for_information(session, by, asked, text, to))
        return [dialog.DONE, rx.toast.success("Asked. The question stays open meanwhile.")]

    @rx.event
    @allows("approval.decide")
    async def delegate(self, form: dict[str, str]) -> list[EventSpec]:
        """Let somebody else decide."""
        to, text = form.get("to", ""), form.get("text", "").strip()
        await self._act(lambda session, by, asked: thread.delegate(session, by, asked, to, text))
        return [dialog.DONE, rx.toast.success("Passed on.")]

    @rx.event
    @allows("approval.decide")
    async def escalate(self, form: dict[str, str]) -> list[EventSpec]:
        """Let those above decide, too."""
        text = form.get("text", "").strip()
        await self._act(lambda session, by, asked: thread.escalate(session, by, asked, text))
        return [dialog.DONE, rx.toast.success("Escalated.")]

    async def _act(self, act: Act) -> None:
        shown = await self.get_state(Approval)
        async with edge.writing() as (session, by):
            done = await act(session, by, shown.asked_id)
        shown._take(done)
