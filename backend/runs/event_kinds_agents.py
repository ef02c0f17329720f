"""The events of an agent's work: what its model said, which tools it called, what they gave."""

from backend.engine.ports import EventKind
from backend.runs.event_shapes import ANY, NUMBER, TEXT, Told, said

_WHO = {"who": said(TEXT, "Which agent, where several work in one step.")}
_CALL = {
    "call": said(TEXT, "Which call it is, as the model named it."),
    "tool": said(TEXT, "The tool's name."),
}
_ARGUMENTS = {
    "arguments": said(
        ANY, "With what; the beginning of the JSON text where it is longer than 4,000 characters."
    )
}
_MS = said({"type": ["number", "null"], "minimum": 0}, "How long it took; null where it was recorded before.")

AGENTS: dict[EventKind, Told] = {
    "agent.said": Told(
        "A model of an agent answered, in the transaction that stores the answer.",
        {
            **_WHO,
            "model": TEXT,
            "text": said(TEXT, "What it said, at most 4,000 characters of it."),
            "calls": {
                "type": "array",
                "description": "The tools that it wants to be called.",
                "items": {"type": "object", "properties": {**_CALL, **_ARGUMENTS}, "required": ["call", "tool"]},
            },
            "input_tokens": NUMBER,
            "output_tokens": NUMBER,
            "cost": said({"type": ["number", "null"]}, "In dollars, where the price is known."),
            "ms": _MS,
        },
        {
            "model": "scripted/script",
            "text": "I look it up.",
            "calls": [{"call": "call_1_1", "tool": "calculator", "arguments": {"expression": "2 * 21"}}],
            "input_tokens": 12,
            "output_tokens": 5,
            "cost": None,
            "ms": 0.4,
        },
        ("model", "text", "calls"),
        of_a_step=True,
    ),
    "agent.message": Told(
        "One agent says something to another, in the transaction that stores it: a supervisor hands a task over, with the reason "
        "for it and for whom it chose; a worker answers; somebody speaks in a discussion.",
        {
            "sort": {
                "enum": ["task", "answer", "says", "hands_over", "judges", "notes", "closes"],
                "description": "What it is: a task, an answer to one, or a word in a discussion.",
            },
            "from": said(TEXT, "The agent; the node's id stands for the one who leads."),
            "to": said(TEXT, "The agent, the node's id, or `all`."),
            "text": said(TEXT, "At most 4,000 characters of it."),
            "reason": said(TEXT, "Why, in the words of who decided it."),
            "chosen": said(TEXT, "How the worker was found: named, or by what it can and how much it has to do."),
            "ok": said({"type": "boolean"}, "Of an answer: false where the worker failed or came to a limit."),
            "call": said(TEXT, "Of a task and its answer: which hand-off it is."),
        },
        {
            "sort": "task",
            "from": "lead",
            "to": "Analyst",
            "text": "Reckon what is left of the year.",
            "reason": "It needs figures.",
            "chosen": "best at analysis (0.90), 0 tasks before",
            "call": "call_1_1",
        },
        ("sort", "from", "to", "text", "reason"),
        of_a_step=True,
    ),
    "tool.called": Told(
        "An agent's tool begins. One that was under way when its worker died begins again.",
        {**_CALL, **_WHO, **_ARGUMENTS},
        {"call": "call_1_1", "tool": "calculator", "arguments": {"expression": "2 * 21"}},
        ("call", "tool"),
        of_a_step=True,
    ),
    "tool.answered": Told(
        "An agent's tool has ended, in the transaction that stores what it gave.",
        {
            **_CALL,
            **_WHO,
            "ok": said({"type": "boolean"}, "False where the model was told an error."),
            "bytes": said(NUMBER, "Size of what it gave."),
            "ms": _MS,
            "result": said(ANY, "What it gave; the beginning of the JSON text where it is long."),
        },
        {"call": "call_1_1", "tool": "calculator", "ok": True, "bytes": 14, "ms": 0.2, "result": {"value": "42"}},
        ("call", "tool", "ok"),
        of_a_step=True,
    ),
}  # fmt: skip
