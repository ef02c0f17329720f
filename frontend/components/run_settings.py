"""The sections of the settings that are about the team's runs: limits, and how long they are kept."""

import reflex as rx

from frontend.components import dialogs, live, notes
from frontend.components.sections import number, section
from frontend.state.limits import RunLimits
from frontend.state.storage import Storage


def limits() -> rx.Component:
    """How many are played at once, and how the queue stands."""
    return section(
        "Runs",
        "How many runs of this team are played at once; the others wait queued. Each workflow can have a limit of its own.",
        rx.cond(
            RunLimits.may_change,
            dialogs.form(
                number("Runs at once", "at_once", f"{RunLimits.at_once}"),
                rx.el.label(
                    rx.el.span("Priority", class_name="qk-label"),
                    rx.select(
                        ["high", "normal", "low"],
                        name="priority",
                        default_value=RunLimits.priority,
                        key=RunLimits.priority,
                    ),
                    class_name="qk-field",
                ),
                trigger=rx.button(rx.icon("pencil", size=16), "Change", variant="soft"),
                title="Limits of the team",
                sentence="0 is no limit. The priority is that of runs for which neither the start nor the workflow says another.",
                button="Save",
                on_submit=RunLimits.change,
            ),
        ),
        rx.el.div(
            live.refresh(5, RunLimits.refresh),
            notes.alarm(RunLimits.alarm, RunLimits.alarm_fix),
            rx.el.div(
                rx.el.strong(rx.cond(RunLimits.at_once > 0, f"{RunLimits.at_once} at once", "No limit")),
                rx.el.span(f"priority {RunLimits.priority}", class_name="qk-muted"),
                rx.el.span(
                    rx.cond(RunLimits.workers == 1, "one worker", f"{RunLimits.workers} workers"),
                    rx.cond(
                        RunLimits.queued > 0,
                        f", {RunLimits.queued} waiting, the oldest for {RunLimits.oldest}",
                        ", nothing waiting",
                    ),
                    class_name="qk-muted",
                ),
                class_name="qk-facts",
            ),
            class_name="qk-stack",
        ),
    )


def storage() -> rx.Component:
    """What they take, and for how long they are kept."""
    return section(
        "Storage",
        "Finished runs are removed with their history and values once they are not kept any longer.",
        rx.cond(
            Storage.may_change,
            dialogs.form(
                number("Keep for days", "days", f"{Storage.days}"),
                number("Keep of each workflow", "per_workflow", f"{Storage.per_workflow}"),
                trigger=rx.button(rx.icon("pencil", size=16), "Change", variant="soft"),
                title="Keep finished runs",
                sentence="0 keeps them for ever, or all of them. What is removed cannot be brought back.",
                button="Save",
                on_submit=Storage.change,
            ),
        ),
        rx.el.div(
            rx.el.span(
                rx.el.strong(Storage.size),
                " in ",
                rx.cond(Storage.runs == 1, "one run", f"{Storage.runs} runs"),
            ),
            rx.el.span(
                rx.cond(Storage.days > 0, f"kept for {Storage.days} days", "kept for ever"),
                rx.cond(Storage.per_workflow > 0, f", the last {Storage.per_workflow} of each workflow", ""),
                class_name="qk-muted",
            ),
            class_name="qk-facts",
        ),
    )
