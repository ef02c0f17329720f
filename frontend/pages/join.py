"""The page behind an invitation link: the first owner's, and those of members."""

import reflex as rx

from backend.core import db
from backend.core.errors import QuadrilleError
from backend.identity import joining, providers
from frontend import routes
from frontend.components import notes
from frontend.components.entrance import entrance, field, form
from frontend.rules import public
from frontend.state.session import caller_or_nobody


class Join(rx.State):
    """What the link offers; the link itself is the only key to it."""

    loaded: bool = False
    problem: str = ""
    fix: str = ""
    link: str = ""
    title: str = ""
    roles: str = ""
    email: str = ""
    first_owner: bool = False
    person: str = ""
    provider: str = ""
    provider_link: str = ""

    @rx.event
    @public
    async def load(self):
        """Look the link up; this tells nothing to somebody who does not have it."""
        self.reset()
        self.link = str(self.router.url.path).rstrip("/").rpartition("/")[2]
        try:
            async with db.database().reading() as session:
                offer = await joining.preview(session, self.link)
        except QuadrilleError as error:
            self.problem, self.fix = error.message, error.fix
        else:
            self.title = "Welcome to Quadrille" if offer.first_owner else f"Join {offer.team_name}"
            self.roles, self.email = ", ".join(offer.roles), offer.email
            self.first_owner = offer.first_owner
        by, found = caller_or_nobody(), providers.configured()
        self.person = by.name if by else ""
        self.provider = found.name if found else ""
        self.provider_link = routes.provider(invitation=self.link)
        self.loaded = True


@rx.page(route=routes.JOIN, title="Join · Quadrille", on_load=Join.load)
def join_page() -> rx.Component:
    """A form for newcomers, one button for those who are known, a clear word for a used link."""
    return rx.cond(
        Join.loaded & (Join.problem != ""),
        entrance(
            notes.problem(Join.problem, fix=Join.fix),
            rx.button("To the sign-in", variant="soft", on_click=rx.redirect(routes.SIGN_IN)),
            title="This link does not work any more",
        ),
        entrance(
            rx.cond(
                Join.loaded,
                rx.cond(Join.person != "", _known(), _newcomer()),
                notes.skeleton(rows=4, height=56),
            ),
            title=Join.title,
        ),
    )


def _newcomer() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            rx.cond(
                Join.first_owner,
                "You are the first one here. This account owns the team and invites everybody else.",
                "You will join as " + Join.roles + ".",
            ),
            class_name="qk-lead",
        ),
        rx.cond(Join.provider != "", _provider()),
        form(
            _link(),
            rx.cond(
                Join.first_owner,
                field("Team name", "team_name", default_value="Our team", max_length=80),
                rx.fragment(),
            ),
            field("Your name", "name", auto_complete="name", max_length=80, auto_focus=True),
            field("E-mail", "email", kind="email", auto_complete="username", default_value=Join.email),
            field(
                "Password",
                "password",
                kind="password",
                auto_complete="new-password",
                min_length=12,
                hint="At least 12 characters. A few unrelated words are better than symbols.",
            ),
            to="/api/v1/session/joined",
            button="Create account",
        ),
    )


def _known() -> rx.Component:
    return rx.fragment(
        rx.el.p(
            "You are signed in as " + Join.person + ". You will join as " + Join.roles + ".",
            class_name="qk-lead",
        ),
        form(_link(), to="/api/v1/session/joined", button="Join the team"),
    )


def _link() -> rx.Component:
    return rx.el.input(type="hidden", name="token", value=Join.link, read_only=True)


def _provider() -> rx.Component:
    return rx.el.a(
        rx.button(
            rx.icon("key-round", size=16),
            Join.provider,
            variant="outline",
            color_scheme="gray",
            size="3",
            width="100%",
            tab_index=-1,
        ),
        href=Join.provider_link,
        class_name="qk-provider",
        custom_attrs={"data-testid": "provider", "data-leaves": ""},
    )
