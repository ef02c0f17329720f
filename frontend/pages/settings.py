"""Settings: API keys, secrets, limits of runs, how long they are kept, and the browsers where one is signed in."""

import reflex as rx

from frontend import routes, shell
from frontend.components import dialogs, notes, roles, run_settings, tables
from frontend.components.links import link
from frontend.components.moments import moment
from frontend.components.sections import field, section
from frontend.state.credentials import Browser, Credentials, Key, SecretName
from frontend.state.frame import Frame
from frontend.state.limits import RunLimits
from frontend.state.storage import Storage

_KEY_COLUMNS = "minmax(0, 1.6fr) minmax(0, 1.4fr) 110px 110px 40px"
_NAME_COLUMNS = "minmax(0, 2fr) 90px 120px 76px"
_BROWSER_COLUMNS = "minmax(0, 3fr) 130px 130px 40px"


@rx.page(
    route=routes.SETTINGS,
    title="Settings · Quadrille",
    on_load=[Frame.load, Credentials.load, RunLimits.load, Storage.load],
)
def settings_page() -> rx.Component:
    """Sections, each with its own action."""
    return shell.page(
        dialogs.once(
            Credentials.new_key,
            title="Your new API key",
            sentence="Copy it now: only its fingerprint is stored, and it is not shown again.",
            on_close=Credentials.forget_key,
        ),
        rx.cond(
            Credentials.loaded,
            rx.fragment(
                rx.cond(Credentials.may_create_keys, _keys()),
                rx.cond(Credentials.may_see_secrets, _secrets()),
                _tool_servers(),
                rx.cond(RunLimits.loaded, run_settings.limits()),
                rx.cond(Storage.loaded, run_settings.storage()),
                _browsers(),
            ),
            notes.skeleton(),
        ),
        title="Settings",
        narrow=True,
    )


def _keys() -> rx.Component:
    return section(
        "API keys",
        "For programs: send one as “Authorization: Bearer qk_…”. A key can never do more than you may.",
        dialogs.form(
            field("Name", "name", placeholder="What will use it, e.g. nightly import", required=True),
            roles.choices(["operator"], Credentials.offered),
            field("Lives for days", "days", type="number", default_value="90", min=1, max=365, required=True),
            trigger=rx.button(rx.icon("plus", size=16), "New key", variant="soft"),
            title="New API key",
            button="Create key",
            on_submit=Credentials.create_key,
        ),
        rx.cond(
            Credentials.keys.length() > 0,
            tables.table(
                _KEY_COLUMNS,
                ("Name", "Roles", "Last used", "Expires", ""),
                rx.foreach(Credentials.keys, _key),
            ),
            rx.el.p("No keys yet.", class_name="qk-hint"),
        ),
    )


def _key(key: rx.vars.ObjectVar[Key]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.div(key.name, class_name="qk-name qk-clip", title=key.name),
            rx.el.div(f"qk_{key.public_id}_…", class_name="qk-mono qk-small qk-muted"),
        ),
        rx.el.div(roles.shown(key.roles), custom_attrs={"data-card": "full"}),
        _when(key.last_used, "never"),
        rx.cond(
            key.state == "active",
            _when(key.expires, ""),
            rx.badge(key.state, color_scheme="red", variant="soft"),
        ),
        rx.el.div(
            rx.cond(
                key.state == "active",
                dialogs.sure(
                    trigger=_small("trash-2", "Revoke the key"),
                    title=f"Revoke “{key.name}”?",
                    sentence="Programs that use it are refused from now on. This cannot be taken back.",
                    button="Revoke",
                    on_click=Credentials.revoke_key(key.id),
                ),
            ),
            class_name="qk-end qk-row-actions",
        ),
        class_name="qk-row qk-row-tall",
    )


def _secrets() -> rx.Component:
    return section(
        "Secrets",
        "Nodes use them by name. Values are encrypted and can be replaced, but never read here.",
        rx.cond(
            Credentials.may_manage_secrets,
            _put(rx.button(rx.icon("plus", size=16), "New secret", variant="soft")),
        ),
        rx.cond(
            Credentials.secrets.length() > 0,
            tables.table(
                _NAME_COLUMNS, ("Name", "Version", "Changed", ""), rx.foreach(Credentials.secrets, _secret)
            ),
            rx.el.p("No secrets yet.", class_name="qk-hint"),
        ),
    )


def _put(trigger: rx.Component, name: rx.Var[str] | str = "") -> rx.Component:
    return dialogs.form(
        field("Name", "name", default_value=name, placeholder="smtp_password", required=True),
        field("Value", "value", type="password", auto_complete="off", required=True),
        trigger=trigger,
        title="Secret",
        sentence="An existing secret of this name gets the new value.",
        button="Save secret",
        on_submit=Credentials.put_secret,
    )


def _secret(secret: rx.vars.ObjectVar[SecretName]) -> rx.Component:
    return rx.el.div(
        rx.el.span(secret.name, class_name="qk-mono qk-clip", title=secret.name),
        rx.el.span(f"v{secret.version}", class_name="qk-muted qk-small"),
        _when(secret.changed, ""),
        rx.el.div(
            rx.cond(
                Credentials.may_manage_secrets,
                rx.fragment(
                    _put(_small("pencil", "Replace the value"), secret.name.to(str)),
                    dialogs.sure(
                        trigger=_small("trash-2", "Delete the secret"),
                        title=f"Delete “{secret.name}”?",
                        sentence="Steps that use it fail until there is one of this name again.",
                        button="Delete",
                        on_click=Credentials.delete_secret(secret.name),
                    ),
                ),
            ),
            class_name="qk-end qk-row-actions",
        ),
        class_name="qk-row",
    )


def _tool_servers() -> rx.Component:
    return section(
        "Tool servers",
        "MCP servers whose tools agents of this team can be given, once somebody has accepted them.",
        link(
            rx.button(rx.icon("plug", size=16), "Open", variant="soft", tab_index=-1),
            to=routes.TOOL_SERVERS,
        ),
        rx.fragment(),
    )


def _browsers() -> rx.Component:
    return section(
        "Where you are signed in",
        "A session ends after 12 hours without use, and after 7 days in any case.",
        rx.cond(
            Credentials.browsers.length() > 1,
            rx.button(
                "Sign out everywhere else",
                variant="soft",
                color_scheme="gray",
                on_click=Credentials.end_others,
            ),
        ),
        tables.table(
            _BROWSER_COLUMNS,
            ("Browser", "Signed in", "Last seen", ""),
            rx.foreach(Credentials.browsers, _browser),
        ),
    )


def _browser(browser: rx.vars.ObjectVar[Browser]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.span(browser.agent, title=browser.agent),
            rx.cond(browser.here, rx.el.span(" (this one)", class_name="qk-muted")),
            class_name="qk-clip",
        ),
        _when(browser.since, ""),
        _when(browser.seen, ""),
        rx.el.div(
            rx.cond(
                browser.here,
                rx.fragment(),
                rx.icon_button(
                    rx.icon("log-out", size=15),
                    variant="ghost",
                    color_scheme="gray",
                    title="Sign out there",
                    on_click=Credentials.end_session(browser.id),
                ),
            ),
            class_name="qk-end qk-row-actions",
        ),
        class_name="qk-row",
    )


def _when(at: rx.Var[str], never: str) -> rx.Component:
    return rx.el.div(
        rx.cond(at != "", moment(at.to(str)), never),
        class_name="qk-muted qk-small",
        custom_attrs={"data-card": "hide"},
    )


def _small(icon: str, words: str) -> rx.Component:
    return rx.icon_button(
        rx.icon(icon, size=15),
        variant="ghost",
        color_scheme="gray",
        title=words,
        custom_attrs={"aria-label": words},
    )
