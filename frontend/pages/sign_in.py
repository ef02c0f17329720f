"""The sign-in page: a local account, or the OpenID provider that the operator named."""

import reflex as rx

from backend.identity import providers
from frontend import routes
from frontend.components.entrance import entrance, field, form
from frontend.rules import public

_REASONS = {
    "denied": "You were not let in: the provider says that access was denied.",
    "not_invited": "Nobody here knows you yet. Ask an owner or admin of the team for an invitation link.",
    "expired": "That took too long, or began in another tab. Please try again.",
    "provider": "The provider's answer could not be trusted, so you were not signed in. The server's log says why.",
    "unreachable": "The provider does not answer. Try again in a while.",
    "link_useless": "This invitation was used, has expired, or was withdrawn. Ask for a new one.",
    "email_taken": "An account with your e-mail address exists. Sign in with its password instead.",
}


class SignIn(rx.State):
    """What the address says, and whether there is a provider."""

    reason: str = ""
    provider: str = ""
    provider_link: str = ""

    @rx.event
    @public
    def load(self):
        """Read the address; nothing here depends on who asks."""
        asked = self.router.url.query_parameters
        self.reason = _REASONS.get(asked.get("problem", ""), "")
        found = providers.configured()
        self.provider = found.name if found else ""
        self.provider_link = routes.provider(after=asked.get("next", ""))


@rx.page(route=routes.SIGN_IN, title="Sign in · Quadrille", on_load=SignIn.load)
def sign_in_page() -> rx.Component:
    """One card: the provider first where there is one, then address and password."""
    return entrance(
        rx.cond(SignIn.reason != "", rx.el.p(SignIn.reason, class_name="qk-wrong", role="alert")),
        rx.cond(SignIn.provider != "", _provider()),
        form(
            field("E-mail", "email", kind="email", auto_complete="username", auto_focus=True),
            field("Password", "password", kind="password", auto_complete="current-password"),
            to="/api/v1/session",
            button="Sign in",
        ),
        rx.el.p("No account yet? Ask an owner of your team for an invitation link.", class_name="qk-hint"),
        title="Sign in",
    )


def _provider() -> rx.Component:
    return rx.fragment(
        rx.el.a(
            rx.button(
                rx.icon("key-round", size=16),
                SignIn.provider,
                variant="outline",
                color_scheme="gray",
                size="3",
                width="100%",
                tab_index=-1,
            ),
            href=SignIn.provider_link,
            class_name="qk-provider",
            custom_attrs={"data-testid": "provider", "data-leaves": ""},
        ),
        rx.el.div(rx.el.span("or"), class_name="qk-or", aria_hidden="true"),
    )
