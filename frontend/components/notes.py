"""What a page says when there is nothing yet, nothing found, or something wrong."""

import reflex as rx


def empty(
    title: str,
    sentence: str,
    *,
    icon: str,
    action: rx.Component | None = None,
    link: rx.Component | None = None,
) -> rx.Component:
    """An empty list teaches: one sentence, one action, one link."""
    return rx.el.div(
        rx.el.span(rx.icon(icon, size=18), class_name="qk-tile"),
        rx.el.h2(title),
        rx.el.p(sentence),
        action or rx.fragment(),
        link or rx.fragment(),
        class_name="qk-empty qk-paper",
    )


def problem(
    what: str | rx.Var[str],
    *,
    why: str | rx.Var[str] = "",
    fix: str | rx.Var[str] = "",
    reference: str | rx.Var[str] = "",
) -> rx.Component:
    """What happened, why, what to do, and the id to quote."""
    return rx.el.div(
        rx.icon("circle-alert", size=18),
        rx.el.div(
            rx.el.strong(what),
            _when(why, rx.el.span(why)),
            _when(fix, rx.el.span(fix, class_name="qk-muted")),
            _when(reference, rx.el.span(reference, class_name="qk-mono qk-muted")),
        ),
        class_name="qk-problem",
        role="alert",
    )


def alarm(what: str | rx.Var[str], fix: str | rx.Var[str]) -> rx.Component:
    """Something is wrong with the installation; drawn only while it is."""
    return _when(what, problem(what, fix=fix))


def hidden(what: str, *, why: str) -> rx.Component:
    """What the reader's role does not show, and who can change that."""
    return rx.el.div(
        rx.icon("eye-off", size=18),
        rx.el.div(rx.el.strong(what), rx.el.span(why, class_name="qk-muted")),
        class_name="qk-problem",
        role="note",
        custom_attrs={"data-calm": "true"},
    )


def skeleton(rows: int = 6, height: int = 40) -> rx.Component:
    """The bones of a table, shown after 150 ms."""
    return rx.el.div(
        *(
            rx.el.div(
                rx.el.div(class_name="qk-bone", style={"width": f"{34 + (n * 17) % 30}%"}),
                class_name="qk-row",
                style={"minHeight": f"{height}px", "display": "flex"},
            )
            for n in range(rows)
        ),
        class_name="qk-table qk-skeleton",
        aria_busy="true",
        aria_label="Loading",
    )


def _when(text: str | rx.Var[str], shown: rx.Component) -> rx.Component:
    if isinstance(text, str):
        return shown if text else rx.fragment()
    return rx.cond(text, shown)
