"""What is done to the runs that are chosen in a list: the bar, the question before, and the report after."""

import reflex as rx

from frontend.components.links import link
from frontend.state.frame import Frame
from frontend.state.run_bulk import TYPED_OVER, Chosen

_ACTIONS = (
    ("retry", "rotate-cw", "Retry from failed step"),
    ("again", "copy-plus", "Start again"),
    ("pause", "pause", "Pause"),
    ("resume", "play", "Resume"),
    ("cancel", "square", "Cancel"),
)
_TOLD = {
    "cancel": "Steps under way are stopped. What is done stays done.",
    "pause": "Steps under way are finished; none begins until they are resumed.",
    "resume": "They go on from where they stand.",
}


def bar() -> rx.Component:
    """What can be done to those that are chosen, and what became of it."""
    return rx.fragment(
        rx.cond(
            Chosen.ids.length() > 0,
            rx.el.div(
                rx.el.strong(Chosen.ids.length(), " chosen"),
                rx.cond(
                    Frame.may_start,
                    rx.fragment(
                        *(
                            rx.el.button(
                                rx.icon(icon, size=14),
                                word,
                                class_name="qk-chip",
                                on_click=Chosen.ask(action),
                            )
                            for action, icon, word in _ACTIONS
                        )
                    ),
                ),
                rx.cond(Frame.may_steer, _tag_form()),
                rx.cond(
                    Frame.may_read_values,
                    rx.el.button(
                        rx.icon("download", size=14),
                        "Export",
                        class_name="qk-chip",
                        title="Their histories, one JSON line a run",
                        on_click=rx.download(url=f"/api/v1/run-histories?{Chosen.export_query}"),
                    ),
                ),
                rx.el.button("All that are shown", class_name="qk-chip", on_click=Chosen.all_of_page),
                rx.el.button("None", class_name="qk-chip", on_click=Chosen.none),
                class_name="qk-bulk",
                custom_attrs={"data-testid": "bulk"},
            ),
        ),
        rx.cond(
            Chosen.report != "",
            rx.el.div(
                rx.el.strong(Chosen.report),
                rx.foreach(
                    Chosen.refused,
                    lambda one: rx.el.span(link(one.id, to="/runs/" + one.id), ": ", one.message),
                ),
                rx.el.button("Close", class_name="qk-chip", on_click=Chosen.read),
                class_name="qk-bulk",
                role="status",
                custom_attrs={"data-testid": "bulk-report"},
            ),
        ),
    )


def _tag_form() -> rx.Component:
    return rx.el.form(
        rx.el.input(
            name="tag",
            placeholder="Tag, or -tag to take it off",
            aria_label="Tag",
            max_length=60,
            class_name="qk-tag-field",
        ),
        rx.el.button(rx.icon("tag", size=14), "Tag", type="submit", class_name="qk-chip"),
        on_submit=Chosen.tag,
        reset_on_submit=True,
        class_name="qk-tag-form",
    )


def sure() -> rx.Component:
    """How many it would be, and for many of them their number to be typed."""
    words = rx.match(Chosen.asking, *((action, word) for action, _, word in _ACTIONS), "")
    many = Chosen.ids.length() > TYPED_OVER
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            rx.alert_dialog.title(words, ": ", Chosen.ids.length(), " runs"),
            rx.alert_dialog.description(
                rx.match(Chosen.asking, *_TOLD.items(), "Each gets a new run; the old ones stay as they are.")
            ),
            rx.cond(
                many,
                rx.el.label(
                    "Type how many runs these are:",
                    rx.input(value=Chosen.typed, on_change=Chosen.set_typed, aria_label="How many runs"),
                ),
            ),
            rx.el.div(
                rx.button(
                    "Leave them", variant="soft", color_scheme="gray", on_click=Chosen.take_back(False)
                ),
                rx.button(
                    words,
                    disabled=~Chosen.confirmed,
                    on_click=Chosen.act,
                    custom_attrs={"data-testid": "bulk-go"},
                ),
                class_name="qk-dialog-actions",
            ),
            max_width="420px",
        ),
        open=Chosen.asking != "",
        on_open_change=Chosen.take_back,
    )
