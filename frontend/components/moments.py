"""Times as people read them: local and relative, with the exact UTC time as tooltip; they tick in the browser."""

from typing import Any, Literal

import reflex as rx
from reflex_base.components.tags import CommonTag
from reflex_components_core.el.elements.base import BaseHTML

# Reflex makes JavaScript names from tags, and a hyphen breaks them: the elements get their own tag as they are drawn.


class _Time(BaseHTML):
    """The `qk-time` element of `assets/shell.js`."""

    tag = "time"

    def _render(self, props: dict[str, Any] | None = None) -> CommonTag:
        return super()._render(props).set(name='"qk-time"')


class _Elapsed(BaseHTML):
    """The `qk-elapsed` element of `assets/shell.js`."""

    tag = "time"

    def _render(self, props: dict[str, Any] | None = None) -> CommonTag:
        return super()._render(props).set(name='"qk-elapsed"')


def moment(at: str | rx.Var[str], mode: Literal["ago", "day", "full"] = "ago", **props: Any) -> rx.Component:
    """A moment given as ISO text; empty text shows a dash."""
    return _Time.create(custom_attrs={"at": at, "mode": mode}, **props)


def elapsed(since: str | rx.Var[str], until: str | rx.Var[str] = "", **props: Any) -> rx.Component:
    """How long something took, or takes: the clock runs while `until` is empty."""
    return _Elapsed.create(custom_attrs={"since": since, "until": until}, **props)
