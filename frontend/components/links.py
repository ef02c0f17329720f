"""Links that change the page without loading it anew."""

from typing import Any

import reflex as rx
from reflex_components_core.react_router.dom import ReactRouterLink


def link(*children: rx.Component | rx.Var | str, to: str | rx.Var[str], **props: Any) -> rx.Component:
    """A plain link inside the product."""
    return ReactRouterLink.create(*children, to=to, **props)
