"""The events of a run that came of a plan: where it left the plan, and what was done about it."""

from backend.engine.ports import EventKind
from backend.runs.event_shapes import TEXT, Told, said

_PLAN = {"plan_id": TEXT, "version": said({"type": ["integer", "null"]}, "Of the plan.")}
_FIGURE = {"type": ["number", "null"]}

PLANS: dict[EventKind, Told] = {
    "plan.deviated": Told(
        "The run differs from its plan, told once a kind and task; with `node_id` where the task is drawn.",
        {
            **_PLAN,
            "deviation": said(TEXT, "Its kind: `late_start`, `late_end`, `dear`, `deadline`, `odd_seconds` …"),
            "task": said(TEXT, "The task of the plan; empty for the whole."),
            "severity": {"enum": ["low", "medium", "high"]},
            "message": said(TEXT, "The same as a sentence."),
            "measured": said(_FIGURE, "Seconds, dollars, tokens or tries."),
            "expected": said(_FIGURE, "What the plan, or the middle of past runs, says."),
        },
        {
            "plan_id": "plan_1",
            "version": 1,
            "deviation": "late_start",
            "task": "read",
            "severity": "high",
            "message": "“Read it” has not begun after 90 s; 30 s was planned.",
            "measured": 90.0,
            "expected": 30.0,
        },
        ("plan_id", "deviation", "severity", "message"),
    ),
    "plan.adapted": Told(
        "What was proposed about it was accepted or dismissed.",
        {
            **_PLAN,
            "kind": said({"enum": ["reallocate", "replan", "ask"]}, "What was proposed."),
            "state": said({"enum": ["done", "dismissed", "failed"]}, "What became of it."),
            "message": said(TEXT, "What changed, or why it was proposed."),
            "by": said(TEXT, "The account."),
            "by_policy": said({"type": "boolean"}, "The plan's policy performed it, in the name of the account."),
        },
        {"plan_id": "plan_1", "version": 2, "kind": "reallocate", "state": "done", "message": "“Read it” goes to Ben.", "by": "acc_1"},
        ("plan_id", "kind", "state", "message"),
    ),
}  # fmt: skip
