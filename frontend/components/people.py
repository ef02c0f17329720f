"""The person who is signed in: their sign, and the menu at the foot of the rail."""

import reflex as rx
from reflex.style import set_color_mode
from reflex_base.constants import LiteralColorMode

from frontend import routes
from frontend.state.frame import Frame


def avatar(name: str | rx.Var[str]) -> rx.Component:
    """A round sign with the first letter of a name."""
    initial = name[:1] if isinstance(name, str) else name.to(str)[0:1]
    return rx.el.span(initial, class_name="qk-avatar", custom_attrs={"aria-hidden": "true"})


def user_menu() -> rx.Component:
    """Opens upwards from the foot of the rail."""
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(
            rx.el.button(
                avatar(Frame.person),
                rx.el.span(Frame.person, class_name="qk-clip qk-foldable", style={"flex": "1"}),
                rx.icon("chevrons-up-down", size=14, class_name="qk-muted qk-foldable"),
                class_name="qk-user",
                aria_label="Your menu",
            )
        ),
        _menu(),
    )


def user_menu_button_for_bar() -> rx.Component:
    """The last place of the bottom bar on phones."""
    return rx.dropdown_menu.root(
        rx.dropdown_menu.trigger(
            rx.el.button(rx.icon("circle-user-round", size=20), rx.el.span("You"), aria_label="Your menu")
        ),
        _menu(),
    )


def _menu() -> rx.Component:
    return rx.dropdown_menu.content(
        rx.el.div(Frame.person, rx.el.br(), Frame.roles, class_name="qk-menu-label"),
        _theme("Light", "light", "sun"),
        _theme("Dark", "dark", "moon"),
        _theme("As the system", "system", "monitor"),
        rx.dropdown_menu.separator(),
        rx.dropdown_menu.item(
            rx.icon("users", size=14),
            "Members",
            class_name="qk-only-narrow",
            on_select=rx.redirect(routes.MEMBERS),
        ),
        rx.dropdown_menu.item(
            rx.icon("bot", size=14),
            "Agents",
            class_name="qk-only-narrow",
            on_select=rx.redirect(routes.AGENTS),
        ),
        rx.dropdown_menu.item(
            rx.icon("settings", size=14), "Settings", on_select=rx.redirect(routes.SETTINGS)
        ),
        rx.dropdown_menu.item(rx.icon("log-out", size=14), "Sign out", custom_attrs={"data-sign-out": ""}),
        side="top",
        align="start",
        variant="soft",
    )


def _theme(word: str, mode: LiteralColorMode, icon: str) -> rx.Component:
    return rx.dropdown_menu.item(rx.icon(icon, size=14), word, on_select=set_color_mode(mode))
