"""One question: what will happen on top, exactly what is asked under it, the decision at the bottom."""

import reflex as rx

from frontend import routes, shell
from frontend.components import dialogs, frames, live, notes, thread
from frontend.components.fields import fields
from frontend.components.links import link
from frontend.components.moments import moment
from frontend.components.prose import prose
from frontend.components.verdicts import priority_mark, verdict_chip
from frontend.state.approval import Approval
from frontend.state.approval_thread import Thread
from frontend.state.frame import Frame

_WHO_READS = "Who may decide it reads it, and so do operators, editors and admins. An owner or admin can give you such a role."


@rx.page(
    route=routes.APPROVAL, title="Approval · Quadrille", on_load=[Frame.load, Approval.load, Thread.load]
)
def approval_page() -> rx.Component:
    """Shows a question, or says why it cannot."""
    return shell.page(
        live.refresh(4, Approval.refresh),
        frames.one(Approval.missing, Approval.asked_id != "", _all()),
        title=rx.cond(Approval.title != "", Approval.title, "Approval"),
        before_title=frames.back(routes.APPROVALS, "All approvals"),
        action=rx.cond(
            Approval.status != "", rx.fragment(verdict_chip(Approval.status, Approval.may_decide))
        ),
        narrow=True,
    )


def _all() -> rx.Component:
    """The thread and what stands above it have forms of their own, and forms do not nest, also not through dialogs."""
    around = rx.fragment(rx.cond(Approval.may_decide, thread.more_ways()), thread.thread(), thread.earlier())
    return rx.el.div(_question(), rx.cond(Approval.redacted, rx.fragment(), around), class_name="qk-question")


def _question() -> rx.Component:
    return rx.form(
        _facts(),
        rx.cond(
            Approval.changed,
            notes.problem(
                "The question has changed since you opened it.", fix="Load the page again before you decide."
            ),
        ),
        rx.cond(Approval.redacted, notes.hidden("What is asked is hidden for your role.", why=_WHO_READS)),
        rx.cond((Approval.message != "") & ~Approval.redacted, prose(Approval.message)),
        rx.cond(
            Approval.rows.length() > 0,
            rx.el.section(
                fields(Approval.rows, editable=Approval.may_decide),
                class_name="qk-card",
                aria_label="What is proposed",
            ),
        ),
        rx.cond(Approval.proposal_text != "", rx.el.pre(Approval.proposal_text, class_name="qk-code")),
        thread.edits(),
        rx.cond(Approval.may_decide, _deciding(), _decided()),
        on_submit=Approval.approve,
        class_name="qk-question",
        key=Approval.fingerprint,  # another question has other fields, also where they were typed in
    )


def _facts() -> rx.Component:
    return rx.el.div(
        link(rx.icon("workflow", size=14), Approval.workflow, to=Approval.run_href, title="Open the run"),
        rx.cond(
            Approval.asked_by != "",
            rx.el.span(rx.icon("user", size=14), "Run started by ", Approval.asked_by),
        ),
        rx.el.span(rx.icon("clock", size=14), "Asked ", moment(Approval.asked_at)),
        rx.cond(
            (Approval.expires_at != "") & (Approval.status == "open"),
            rx.el.span(rx.icon("alarm-clock", size=14), "Expires ", moment(Approval.expires_at)),
        ),
        priority_mark(Approval.priority),
        rx.cond(
            Approval.asked_of != "", rx.el.span(rx.icon("users", size=14), "Asked of ", Approval.asked_of)
        ),
        rx.cond(
            Approval.needed > 1,
            rx.el.span(
                rx.icon("list-checks", size=14),
                Approval.needed,
                " approvals needed",
                rx.cond(Approval.approved_by != "", f" · approved by {Approval.approved_by}", ""),
            ),
        ),
        rx.cond(
            Approval.spent != "",
            rx.el.span(
                rx.icon("coins", size=14),
                "Cost so far ",
                Approval.spent,
                custom_attrs={"data-testid": "spent"},
            ),
        ),
        rx.cond(Approval.escalated, rx.el.span(rx.icon("chevrons-up", size=14), "Escalated")),
        rx.cond(
            Approval.waits_for != "",
            rx.el.span(rx.icon("circle-help", size=14), "Waits for an answer of ", Approval.waits_for),
        ),
        class_name="qk-facts",
    )


def _deciding() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.label("Comment", html_for="comment", class_name="qk-label"),
            rx.text_area(
                id="comment",
                name="comment",
                placeholder="Optional; kept with the decision",
                rows="2",
                on_blur=Approval.set_comment,
            ),
            class_name="qk-field",
        ),
        rx.el.div(
            rx.button(
                "Approve",
                rx.el.kbd("A", class_name="qk-only-wide"),
                type="submit",
                custom_attrs={"data-hotkey": "a"},
            ),
            rx.button(
                "Reject…",
                rx.el.kbd("R", class_name="qk-only-wide"),
                type="button",
                variant="soft",
                color_scheme="red",
                high_contrast=True,
                on_click=Approval.ask_to_reject(True),
                custom_attrs={"data-hotkey": "r"},
            ),
            rx.el.span(
                "You decide on exactly what is shown here · ",
                rx.el.span(Approval.fingerprint, class_name="qk-mono", title="Fingerprint of what is shown"),
                class_name="qk-hint qk-only-wide",
                style={"marginLeft": "auto"},
            ),
            class_name="qk-decide",
        ),
        _why(),
    )


def _why() -> rx.Component:
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            rx.alert_dialog.title("Reject this?"),
            rx.alert_dialog.description(
                "The run takes its rejected way, or ends there. This cannot be undone."
            ),
            rx.text_area(
                placeholder="Why? The run's history keeps it.",
                default_value=Approval.comment,
                on_blur=Approval.set_comment,
                rows="3",
                margin_top="12px",
                auto_focus=True,
            ),
            dialogs.problem(),
            rx.el.div(
                rx.button(
                    "Keep it open",
                    variant="soft",
                    color_scheme="gray",
                    on_click=Approval.ask_to_reject(False),
                ),
                rx.button("Reject", color_scheme="red", on_click=Approval.reject, custom_attrs=dialogs.SENDS),
                class_name="qk-dialog-actions",
            ),
            max_width="440px",
            custom_attrs=dialogs.WAITS,
        ),
        open=Approval.rejecting,
        on_open_change=Approval.ask_to_reject,
    )


def _decided() -> rx.Component | rx.Var:
    by = rx.cond(Approval.decided_by != "", Approval.decided_by, "Nobody in time")
    return rx.match(
        Approval.status,
        (
            "open",
            notes.problem(
                "This question is for other members of the team.",
                fix=rx.cond(Approval.redacted, "", "You can read it, not decide it."),
            ),
        ),
        ("closed", notes.problem("The run ended before anybody decided.")),
        rx.el.div(
            rx.el.strong(by, " · ", moment(Approval.decided_at)),
            rx.cond(Approval.decision_comment != "", rx.el.p(Approval.decision_comment)),
            class_name="qk-card",
        ),
    )
