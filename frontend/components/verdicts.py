"""The state of an approval as a chip."""

import reflex as rx

_LOOKS = {
    "open": ("Open", "hand", "waiting-person"),
    "approved": ("Approved", "check", "succeeded"),
    "rejected": ("Rejected", "x", "failed"),
    "expired": ("Expired", "alarm-clock", "timed-out"),
    "withdrawn": ("Withdrawn", "undo-2", "cancelled"),
    "closed": ("Run ended", "square", "cancelled"),
}


def verdict_chip(status: str | rx.Var[str], mine: rx.Var[bool] | bool = True) -> rx.Component | rx.Var:
    """An open question that the reader may not decide says so."""
    others = rx.cond(mine, _chip("open"), _chip("open", "For others"))
    return rx.match(
        status, ("open", others), *((name, _chip(name)) for name in _LOOKS if name != "open"), rx.fragment()
    )


def priority_mark(priority: str | rx.Var[str]) -> rx.Component | rx.Var:
    """What is not of usual priority says so."""
    return rx.match(
        priority,
        ("urgent", _priority("Urgent", "chevrons-up", "failed")),
        ("high", _priority("High", "chevron-up", "waiting-person")),
        ("low", _priority("Low", "chevron-down", "queued")),
        rx.fragment(),
    )


def _priority(word: str, icon: str, slug: str) -> rx.Component:
    ink = {"color": f"var(--qk-state-{slug}-ink)"}
    return rx.el.span(rx.icon(icon, size=14), word, class_name="qk-priority", style=ink)


def _chip(name: str, word: str = "") -> rx.Component:
    usual, icon, slug = _LOOKS[name]
    return rx.el.span(
        rx.icon(icon, size=13),
        word or usual,
        class_name="qk-state",
        style={
            "--qk-chip-soft": f"var(--qk-state-{slug}-soft)",
            "--qk-chip-ink": f"var(--qk-state-{slug}-ink)",
        },
    )
