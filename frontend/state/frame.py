"""What the shell around every page shows: the team, the person, and how much waits."""

import reflex as rx

from backend.approvals import service as approvals
from backend.dead_letters import service as dead_letters
from backend.identity import members
from backend.notifications import service as notifications
from frontend.rules import signed_in
from frontend.state import edge


class Frame(rx.State):
    """Filled when a page loads; holds nothing that decides what anyone may do."""

    team: str = "Quadrille"
    person: str = ""
    roles: str = ""
    may_edit: bool = False
    may_start: bool = False
    may_steer: bool = False
    may_read_values: bool = False
    open_approvals: int = 0
    open_letters: int = 0
    unread: int = 0

    @rx.event
    @signed_in
    async def load(self):
        """Who and where the person is; every page of members begins with this."""
        async with edge.reading() as (session, by):
            self.team = await members.team_name(session, by)
            waiting = await approvals.open_count(session, by)
            self.open_letters = await dead_letters.open_count(session, by)
            self.unread = await notifications.unread_count(session, by)
        self.person, self.roles = by.name, ", ".join(by.roles)
        self.may_edit, self.may_start = by.may("workflow.edit"), by.may("run.start")
        self.may_steer, self.open_approvals = by.may("run.steer"), waiting
        self.may_read_values = by.may("run.payload")

    @rx.event
    @signed_in
    async def count(self):
        """How many approvals, dead letters and notifications wait now."""
        async with edge.reading() as (session, by):
            waiting = await approvals.open_count(session, by)
            given_up = await dead_letters.open_count(session, by)
            unread = await notifications.unread_count(session, by)
        if unread != self.unread:
            self.unread = unread
        if given_up != self.open_letters:
            self.open_letters = given_up
        if waiting != self.open_approvals:
            self.open_approvals = waiting
