"""The tags of a run: read by everybody, changed by who may steer it."""

import reflex as rx

from frontend import routes
from frontend.components.links import link
from frontend.state.frame import Frame
from frontend.state.run_tags import RunTags


def shown() -> rx.Component:
    """A word leads to all runs that have it."""
    return rx.fragment(
        rx.foreach(RunTags.tags, _tag),
        rx.cond(
            Frame.may_steer,
            rx.popover.root(
                rx.popover.trigger(
                    rx.el.button(rx.icon("tag", size=14), "Tag", class_name="qk-bare", aria_label="Add a tag")
                ),
                rx.popover.content(
                    rx.el.form(
                        rx.el.input(
                            name="tag",
                            placeholder="urgent, or customer=acme",
                            aria_label="Tag",
                            required=True,
                            max_length=60,
                            pattern="[^,]+",
                            class_name="qk-tag-field",
                        ),
                        rx.el.button("Add", type="submit", class_name="qk-chip"),
                        on_submit=RunTags.add,
                        reset_on_submit=True,
                        class_name="qk-tag-form",
                    )
                ),
            ),
        ),
    )


def _tag(tag: rx.Var[str]) -> rx.Component:
    drop = rx.el.button(
        rx.icon("x", size=12),
        on_click=RunTags.drop(tag),
        class_name="qk-bare",
        aria_label="Take off " + tag.to(str),
    )
    return rx.el.span(
        link(
            tag,
            to=routes.RUNS + "?tag=" + rx.Var(f"encodeURIComponent({tag!s})", _var_type=str).to(str),
            title="All runs with this tag",
        ),
        rx.cond(Frame.may_steer, drop),
        class_name="qk-chip",
        custom_attrs={"data-testid": "tag"},
    )
