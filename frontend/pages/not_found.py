"""The page for addresses that lead nowhere."""

import reflex as rx

from frontend import routes, shell
from frontend.components import notes
from frontend.components.links import link


@rx.page(route="/404", title="Not found · Quadrille")
def not_found() -> rx.Component:
    """Says what may have happened, and the way back."""
    return shell.page(
        notes.empty(
            "There is nothing here",
            "The address is mistyped, or what it named was deleted, or belongs to another team.",
            icon="map-pin-off",
            action=rx.button("To the workflows", on_click=rx.redirect(routes.WORKFLOWS)),
            link=link("Start page", to=routes.START, class_name="qk-small qk-muted"),
        ),
        title="Not found",
    )
