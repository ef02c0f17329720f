"""The people of a team: who they are, what they may do, and the links that let others in."""

from dataclasses import dataclass

import reflex as rx

from backend.identity import joining, members
from backend.identity.permissions import ROLES, within
from frontend import routes, shell
from frontend.components import dialogs, notes, roles, tables
from frontend.components.moments import moment
from frontend.components.people import avatar
from frontend.rules import allows, signed_in
from frontend.state import dialog, edge
from frontend.state.frame import Frame
from frontend.state.iso import iso

_COLUMNS = "minmax(0, 2.2fr) minmax(0, 1.6fr) 120px 76px"
_LINK_COLUMNS = "minmax(0, 2.2fr) minmax(0, 1.6fr) 120px 76px"


@dataclass
class Person:
    """A member as the list shows them."""

    id: str
    name: str
    email: str
    roles: list[str]
    joined: str
    me: bool


@dataclass
class Link:
    """An open invitation."""

    id: str
    email: str
    roles: list[str]
    expires: str


class Members(rx.State):
    """What the page shows; what may be done is decided by the service each time."""

    loaded: bool = False
    people: rx.Field[list[Person]] = rx.field(default_factory=list)
    links: rx.Field[list[Link]] = rx.field(default_factory=list)
    may_manage: bool = False
    offered: rx.Field[list[str]] = rx.field(default_factory=list)
    new_link: str = ""

    @rx.event
    @allows("workflow.read")
    async def load(self):
        """Everybody, and the open links for those who manage them."""
        async with edge.reading() as (session, by):
            people = await members.list_(session, by)
            self.may_manage = by.may("member.manage")
            links = await joining.invitations(session, by) if self.may_manage else []
        self.people = [
            Person(p.id, p.name, p.email, list(p.roles), iso(p.joined_at), p.account_id == by.account_id)
            for p in people
        ]
        self.links = [Link(r.id, r.email, r.roles, iso(r.expires_at)) for r in links]
        self.offered = [role for role in ROLES if within((role,), by.roles)]
        self.loaded = True

    @rx.event
    @allows("member.manage")
    async def invite(self, form: dict[str, str]):
        """Make a link and show it this one time."""
        async with edge.writing() as (session, by):
            chosen, email = roles.chosen(form), form.get("email", "")
            _, self.new_link = await joining.invite(session, by, roles=chosen, email=email)
        return [dialog.DONE, Members.load]

    @rx.event
    @allows("member.manage")
    async def withdraw(self, invitation_id: str):
        """Make a link useless."""
        async with edge.writing() as (session, by):
            await joining.withdraw(session, by, invitation_id)
        return Members.load

    @rx.event
    @allows("member.manage")
    async def change(self, member_id: str, form: dict[str, str]):
        """Give a member other roles."""
        async with edge.writing() as (session, by):
            await members.change_roles(session, by, member_id, roles.chosen(form))
        return [dialog.DONE, Members.load, rx.toast.success("Roles changed.")]

    @rx.event
    @signed_in
    async def remove(self, member_id: str):
        """Take somebody out, or leave."""
        async with edge.writing() as (session, by):
            await members.remove(session, by, member_id)
        return Members.load

    @rx.event
    @signed_in
    def forget_link(self):
        """The new link was seen."""
        self.new_link = ""


@rx.page(route=routes.MEMBERS, title="Members · Quadrille", on_load=[Frame.load, Members.load])
def members_page() -> rx.Component:
    """One table of people, one of open links."""
    return shell.page(
        dialogs.once(
            Members.new_link,
            title="Invitation link",
            sentence="It lets one person join within seven days. Send it to them now: it is not shown again.",
            on_close=Members.forget_link,
        ),
        rx.cond(
            Members.loaded,
            rx.fragment(
                tables.table(
                    _COLUMNS,
                    ("Name", "Roles", "Joined", ""),
                    rx.el.div(rx.foreach(Members.people, _person), custom_attrs={"data-testid": "people"}),
                ),
                rx.cond(Members.links.length() > 0, _links()),
            ),
            notes.skeleton(),
        ),
        title="Members",
        action=rx.cond(Members.may_manage, _invite()),
        narrow=True,
    )


def _person(person: rx.vars.ObjectVar[Person]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            avatar(person.name.to(str)),
            rx.el.div(
                rx.el.div(
                    rx.el.span(person.name, class_name="qk-name"),
                    rx.cond(person.me, rx.el.span(" (you)", class_name="qk-muted")),
                    class_name="qk-clip",
                    title=person.name,
                ),
                rx.el.div(person.email, class_name="qk-small qk-muted qk-clip", title=person.email),
                style={"minWidth": "0"},
            ),
            class_name="qk-person",
        ),
        rx.el.div(roles.shown(person.roles), custom_attrs={"data-card": "full"}),
        rx.el.div(
            moment(person.joined.to(str)), class_name="qk-muted qk-small", custom_attrs={"data-card": "hide"}
        ),
        rx.el.div(
            rx.cond(Members.may_manage, _change(person)),
            rx.cond(Members.may_manage | person.me, _remove(person)),
            class_name="qk-end qk-row-actions",
        ),
        class_name="qk-row qk-row-tall",
    )


def _change(person: rx.vars.ObjectVar[Person]) -> rx.Component:
    return dialogs.form(
        roles.choices(person.roles, Members.offered),
        trigger=_small("pencil", "Change roles"),
        title=f"Roles of {person.name}",
        sentence="Roles add up. A change takes effect at once.",
        button="Save",
        on_submit=lambda form: Members.change(person.id, form),
    )


def _remove(person: rx.vars.ObjectVar[Person]) -> rx.Component:
    return dialogs.sure(
        trigger=_small("user-minus", "Remove from the team"),
        title=rx.cond(person.me, "Leave the team?", f"Remove {person.name}?"),
        sentence="They are signed out and their API keys stop working at once. What they made stays.",
        button="Remove",
        on_click=Members.remove(person.id),
    )


def _invite() -> rx.Component:
    return dialogs.form(
        roles.choices(["editor"], Members.offered),
        rx.el.label(
            rx.el.span("E-mail (optional)", class_name="qk-label"),
            rx.input(name="email", type="email", placeholder="Only this address may use the link"),
            class_name="qk-field",
        ),
        trigger=rx.button(rx.icon("user-plus", size=16), "Invite"),
        title="Invite somebody",
        sentence="You get a link to send; nothing is mailed from here.",
        button="Make the link",
        on_submit=Members.invite,
    )


def _links() -> rx.Component:
    return rx.el.section(
        rx.el.h2("Open invitations"),
        tables.table(_LINK_COLUMNS, ("For", "Roles", "Expires", ""), rx.foreach(Members.links, _link)),
        class_name="qk-section",
    )


def _link(link: rx.vars.ObjectVar[Link]) -> rx.Component:
    return rx.el.div(
        rx.el.span(rx.cond(link.email != "", link.email, "Anybody with the link"), class_name="qk-clip"),
        rx.el.div(roles.shown(link.roles), custom_attrs={"data-card": "full"}),
        rx.el.div(
            moment(link.expires.to(str)), class_name="qk-muted qk-small", custom_attrs={"data-card": "hide"}
        ),
        rx.el.div(
            dialogs.sure(
                trigger=_small("trash-2", "Withdraw the invitation"),
                title="Withdraw the invitation?",
                sentence="Its link stops working at once.",
                button="Withdraw",
                on_click=Members.withdraw(link.id),
            ),
            class_name="qk-end qk-row-actions",
        ),
        class_name="qk-row",
    )


def _small(icon: str, words: str) -> rx.Component:
    return rx.icon_button(
        rx.icon(icon, size=15),
        variant="ghost",
        color_scheme="gray",
        title=words,
        custom_attrs={"aria-label": words},
    )
