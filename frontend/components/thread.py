"""The thread under a question: what was said and done, a field to say more, and what else a decider can do."""

from collections.abc import Sequence

import reflex as rx

from frontend.components import dialogs
from frontend.components.links import link
from frontend.components.moments import moment
from frontend.components.verdicts import verdict_chip
from frontend.state.approval import Approval
from frontend.state.approval_rows import Before, Edit, Entry
from frontend.state.approval_thread import LONGEST, Thread


def thread() -> rx.Component:
    """Entries, oldest first, and the field."""
    return rx.el.section(
        rx.el.h2("Thread", class_name="qk-card-title"),
        rx.cond(
            Approval.entries.length() > 0,
            rx.el.ol(rx.foreach(Approval.entries, _entry), class_name="qk-thread"),
            rx.el.p("Nobody has said anything yet.", class_name="qk-hint"),
        ),
        rx.form(
            rx.el.div(
                rx.text_area(
                    name="text",
                    placeholder=rx.cond(Approval.waits_for != "", "Answer or comment", "Comment"),
                    aria_label="Comment in the thread",
                    rows="2",
                    max_length=LONGEST,
                    required=True,
                ),
                class_name="qk-field",
            ),
            rx.button("Send", type="submit", variant="soft", size="2"),
            dialogs.problem(),
            on_submit=Thread.comment,
            class_name="qk-say",
            custom_attrs=dialogs.WAITS,
        ),
        class_name="qk-card qk-fields",
        aria_label="Thread",
    )


def more_ways() -> rx.Component:
    """Ask, pass on, escalate."""
    return rx.el.div(
        dialogs.form(
            _choose("Whom", Thread.readers, empty="Who started the run"),
            _words("What do you need to know?", required=True),
            trigger=_button("circle-help", "Ask for information"),
            title="Ask for information",
            sentence="The question stays open. Whoever you ask is told, and answers in the thread.",
            button="Ask",
            on_submit=Thread.ask,
        ),
        rx.cond(
            Thread.deciders.length() > 0,
            dialogs.form(
                _choose("To whom", Thread.deciders),
                _words("Why?"),
                trigger=_button("user-round-check", "Delegate"),
                title="Let somebody else decide",
                sentence="They can decide then, and you no longer.",
                button="Delegate",
                on_submit=Thread.delegate,
            ),
        ),
        rx.cond(
            ~Approval.escalated,
            dialogs.form(
                _words("Why?"),
                trigger=_button("chevrons-up", "Escalate"),
                title="Escalate this?",
                sentence="Those above may decide then, too. You still may.",
                button="Escalate",
                on_submit=Thread.escalate,
            ),
        ),
        class_name="qk-other-ways",
    )


def edits() -> rx.Component | rx.Var:
    """What was changed before it was approved."""
    return rx.cond(
        Approval.edits.length() > 0,
        rx.el.section(
            rx.el.h2("Changed before it was approved", class_name="qk-card-title"),
            rx.el.dl(rx.foreach(Approval.edits, _edit), class_name="qk-edits"),
            class_name="qk-card qk-fields",
            aria_label="Changed before it was approved",
        ),
    )


def earlier() -> rx.Component | rx.Var:
    """How the same was decided in other runs."""
    return rx.cond(
        Approval.earlier.length() > 0,
        rx.el.section(
            rx.el.h2("Decided before", class_name="qk-card-title"),
            rx.el.ul(rx.foreach(Approval.earlier, _before), class_name="qk-thread"),
            class_name="qk-card qk-fields",
            aria_label="Decided before",
        ),
    )


def _entry(row: rx.vars.ObjectVar[Entry]) -> rx.Component:
    return rx.el.li(
        rx.el.span(rx.el.strong(row.who), " ", row.did, " · ", moment(row.at), class_name="qk-small"),
        rx.cond(row.text != "", rx.el.p(row.text, class_name="qk-said")),
    )


def _edit(row: rx.vars.ObjectVar[Edit]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(row.name, class_name="qk-label"),
        rx.el.dd(rx.el.del_(row.before), " ", rx.el.ins(row.after)),
    )


def _before(row: rx.vars.ObjectVar[Before]) -> rx.Component:
    return rx.el.li(
        rx.el.span(
            verdict_chip(row.verdict),
            link(row.title, to=row.href, class_name="qk-link qk-clip"),
            class_name="qk-before",
        ),
        rx.el.span(row.who, " · ", moment(row.at), class_name="qk-small qk-muted"),
        rx.cond(row.comment != "", rx.el.p(row.comment, class_name="qk-said")),
    )


def _button(icon: str, word: str) -> rx.Component:
    return rx.button(rx.icon(icon, size=14), word, variant="ghost", color_scheme="gray", type="button")


def _choose(label: str, people: rx.vars.ArrayVar[Sequence[list[str]]], empty: str = "") -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="qk-label"),
        rx.el.select(
            rx.el.option(empty, value="") if empty else rx.fragment(),
            rx.foreach(people, lambda one: rx.el.option(one[1], value=one[0])),
            name="to",
            class_name="qk-select",
        ),
        class_name="qk-field",
    )


def _words(label: str, *, required: bool = False) -> rx.Component:
    return rx.el.label(
        rx.el.span(label, class_name="qk-label"),
        rx.text_area(name="text", rows="3", required=required, max_length=10_000),
        class_name="qk-field",
    )
