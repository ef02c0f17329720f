"""Every kind of event, in words, with the shape of its data and an example: the source of `docs/events.md` and of the schema."""

from typing import get_args

from backend.engine.ports import EventKind
from backend.runs.event_kinds_agents import AGENTS
from backend.runs.event_kinds_plans import PLANS
from backend.runs.event_shapes import ANY, NUMBER, TEXT, Shape, Told
from backend.runs.event_shapes import said as _said
from backend.runs.schemas import Event


def _moment(words: str) -> Shape:
    return {"type": ["string", "null"], "format": "date-time", "description": words}


ERROR: Shape = {
    "type": "object",
    "description": "What went wrong: a stable code, a sentence, and often how to mend it.",
    "properties": {"code": TEXT, "message": TEXT, "fix": TEXT, "details": ANY},
    "required": ["code", "message"],
}
_BY = {"by": _said(TEXT, "The account."), "name": _said(TEXT, "Its name.")}
_NOTE = {"note": _said(TEXT, "Why, in their words.")}
_KEPT = {
    "kept_from": _said(TEXT, "In a fork: the run in which this happened."),
    "kept_seq": _said(NUMBER, "In a fork: the event's number there."),
    "edited": _said({"type": "boolean"}, "In a fork: the output was replaced by hand."),
}
_COMPENSATES = {"compensates": _said(TEXT, "Of a compensation: the node whose visit it undoes.")}
_ENDED: dict[str, Shape] = {
    "port": _said({"type": ["string", "null"]}, "The port it left by; null when nothing goes on from it."),
    "bytes": _said(NUMBER, "Size of the output, which is in the step."),
    "ms": _said({"type": "number", "minimum": 0}, "How long it took, with its waits."),
    "error": ERROR,
    "given": _said(TEXT, "Why it was not played: `disabled`, `pinned`, `mocked` or `repaired`."),
    **_COMPENSATES,
    **_KEPT,
}
_ERROR_EXAMPLE = {
    "code": "unavailable",
    "message": "Ask the model: the provider does not answer.",
    "fix": "Retry.",
}

_PLACES: Shape = {"type": "array", "items": {"type": "object"}}
NODES: Shape = {"type": "array", "items": TEXT}
_ROLLED = {"undone": NODES, "skipped": NODES, "failed": NODES, **_KEPT}
_ROLLED_EXAMPLE = {"undone": ["pay"], "skipped": [], "failed": []}


KINDS: dict[EventKind, Told] = {
    "run.queued": Told(
        "The run is stored and waits for a worker. In a fork, also what it was forked from.",
        {"trigger": _said(TEXT, "What started it."), "by": _said(TEXT, "Who started it.")},
        {"trigger": "api", "by": "acc_1"},
        ("trigger", "by"),
    ),
    "run.started": Told("A worker plays it for the first time.", {}, {}),
    "run.resumed": Told(
        "A worker plays it again after a wait, a pause or the death of its worker; with `by`, a person has ended a pause.",
        _BY,
        {},
    ),
    "run.waiting": Told(
        "Every branch waits: the run takes no memory until something comes.",
        {"for": _said({"enum": ["person", "event", "time", "retry"]}, "For what."), "until": _moment("When it goes on at the latest.")},
        {"for": "person", "until": None},
        ("for", "until"),
    ),
    "run.paused": Told(
        "No further step begins until it is resumed. At a breakpoint it names the step.",
        {**_BY, "when": _said({"enum": ["before", "after"]}, "At a breakpoint: on which side of the step.")},
        {"by": "acc_1", "name": "Ada"},
    ),
    "run.repaired": Told(
        "Somebody changed the paused run: it goes on with other outputs, without some steps, or with another version.",
        {
            **_BY,
            **_NOTE,
            "version_id": _said(TEXT, "The version with which it goes on."),
            "again": _said(_PLACES, "Steps that are played again, or begun anew."),
            "edited": _said(_PLACES, "Steps whose output was replaced; `before` is what they had given."),
            "given": _said(_PLACES, "Steps that are not played but have an output."),
        },
        {"by": "acc_1", "name": "Ada", "note": "", "version_id": "ver_1", "again": [], "edited": [], "given": []},
        ("by", "version_id", "again", "edited", "given"),
    ),
    "run.cancelling": Told("Somebody wants it to end; steps under way have a moment.", _BY | _NOTE, {"by": "acc_1", "name": "Ada"}),
    "run.diverged": Told(
        "A replay differs here for the first time from the run that it replays.",
        {"differs": _said(TEXT, "In what."), "message": _said(TEXT, "The same as a sentence.")},
        {"differs": "port", "message": "It leaves by no; in the run that is replayed it left by yes."},
        ("differs", "message"),
        of_a_step=True,
    ),
    "run.succeeded": Told("It has ended; its output is in the run.", {}, {}),
    "run.failed": Told("It has ended with an error.", {"error": ERROR}, {"error": _ERROR_EXAMPLE}, ("error",)),
    "run.cancelled": Told("It was ended by a person.", _BY | _NOTE, {"by": "acc_1", "name": "Ada"}),
    "step.started": Told(
        "A try of a step begins. A map says over what: its items, or a reference to them.",
        {"items": ANY, "count": _said(NUMBER, "How many items."), "until": _moment("When its time is over."), **_COMPENSATES, **_KEPT},
        {},
        of_a_step=True,
    ),
    "step.waiting": Told(
        "A step waits for a person or a moment.",
        {
            "wait": _said(NUMBER, "Which of its waits, counted from 0."),
            "for": _said(TEXT, "`person`, `event` or `time`."),
            "until": _moment("When it ends at the latest."),
            "name": _said(TEXT, "Of an event: its name."),
            "key": _said(TEXT, "Of an event: what tells it from others of that name."),
            **_KEPT,
        },
        {"wait": 0, "for": "time", "until": "2026-02-28T12:00:00Z"},
        ("wait", "for", "until"),
        of_a_step=True,
    ),
    "step.retrying": Told(
        "A try failed; the next one begins at `until`.",
        {"error": ERROR, "until": _moment("When."), "of": _said(NUMBER, "How many tries there are.")},
        {"error": _ERROR_EXAMPLE, "until": "2026-02-28T12:00:01Z", "of": 3},
        ("error", "until"),
        of_a_step=True,
    ),
    "step.succeeded": Told(
        "A step has ended well, or with its default output in place of `error`. It never runs again.",
        _ENDED,
        {"port": "out", "bytes": 17, "ms": 3.1},
        ("port", "bytes"),
        of_a_step=True,
    ),
    "step.failed": Told(
        "A step has ended with an error; with a port where the error is routed.",
        _ENDED,
        {"port": None, "bytes": 4, "ms": 30.2, "error": _ERROR_EXAMPLE},
        ("port", "error"),
        of_a_step=True,
    ),
    "step.skipped": Told("Nothing leads to this step any more.", _KEPT, {}, of_a_step=True),
    "step.logged": Told(
        "A line that a step wrote to its log, such as by `print()` in code.",
        {"level": _said({"enum": ["debug", "info", "warning", "error"]}, "How grave it is."), "message": TEXT},
        {"level": "info", "message": "3 rows"},
        ("level", "message"),
        of_a_step=True,
    ),
    "state.transition": Told(
        "A state machine left this state by a transition; `to` is empty where it ends.",
        {
            "transition": _said(TEXT, "The port."),
            "to": _said(TEXT, "The next state."),
            "number": _said(NUMBER, "How many transitions there were."),
            "event": _said(TEXT, "The event that caused it."),
            "signal": _said(TEXT, "Under which key that was sent."),
            **_KEPT,
        },
        {"transition": "paid", "to": "shipping", "number": 1, "event": "paid", "signal": "signal:paid:order-7:1"},
        ("transition", "to", "number"),
        of_a_step=True,
    ),
    "state.ignored": Told(
        "A state got an event for which it has no transition.",
        {"event": TEXT, "key": TEXT, "signal": TEXT},
        {"event": "paid", "key": "order-7", "signal": "signal:paid:order-7:1"},
        ("event",),
        of_a_step=True,
    ),
    "saga.compensating": Told(
        "A saga failed, or its run is cancelled: what was done in it is undone, the last first.",
        {"error": ANY, "nodes": _said(NODES, "The nodes to undo, in this order."), **_KEPT},
        {"error": _ERROR_EXAMPLE, "nodes": ["pay", "reserve"]},
        ("nodes",),
        of_a_step=True,
    ),
    "saga.stuck": Told(
        "A compensation failed at its last try; people decide what becomes of it.",
        {
            "round": _said(NUMBER, "How often people were asked."),
            "attempt": NUMBER,
            "error": ERROR,
            "compensates": ANY,
            "until": _moment("When the question is over."),
        },
        {"round": 1, "attempt": 3, "error": _ERROR_EXAMPLE, "compensates": "pay", "until": None},
        ("round", "error"),
        of_a_step=True,
    ),
    "saga.decided": Told(
        "Somebody decided about a compensation that failed.",
        {"action": _said(TEXT, "`retry`, `skip` or what else was offered."), "by": TEXT},
        {"action": "retry", "by": "acc_1"},
        ("action",),
        of_a_step=True,
    ),
    "saga.compensated": Told("Everything was undone or left out.", _ROLLED, _ROLLED_EXAMPLE, of_a_step=True),
    "saga.failed": Told(
        "Not everything could be undone.", _ROLLED, {**_ROLLED_EXAMPLE, "failed": ["reserve"]}, of_a_step=True
    ),
    "approval.requested": Told(
        "A step asks people.",
        {"approval_id": TEXT, "title": TEXT, "expires_at": _moment("When the question is over.")},
        {"approval_id": "apr_1", "title": "Send the refund?", "expires_at": None},
        ("approval_id",),
        of_a_step=True,
    ),
    "approval.decided": Told(
        "Somebody answered, nobody did in time, or it is not asked any more.",
        {
            "approval_id": TEXT,
            "verdict": {"enum": ["approved", "rejected", "expired", "withdrawn"]},
            **_BY,
        },
        {"approval_id": "apr_1", "verdict": "approved", "by": "acc_1", "name": "Ada"},
        ("approval_id", "verdict"),
        of_a_step=True,
    ),
    "event.received": Told(
        "A step got the event that it waited for.",
        {
            "wait": _said(NUMBER, "Which of its waits, counted from 0."),
            "signal": _said(TEXT, "Under which key it was sent."),
            "name": _said(TEXT, "The name of the event."),
            "key": _said(TEXT, "What tells it from others of that name."),
        },
        {"wait": 0, "signal": "signal:paid:order-7:1", "name": "paid", "key": "order-7"},
        ("wait", "signal"),
        of_a_step=True,
    ),
    "event.emitted": Told(
        "A step told the team something, in the transaction of its success.",
        {"topic": TEXT, "data": ANY},
        {"topic": "order.paid", "data": {"order": 7}},
        ("topic", "data"),
        of_a_step=True,
    ),
    **AGENTS,
    **PLANS,
}  # fmt: skip


def event_schema() -> Shape:
    """The JSON Schema of one event of the history. Data may carry more than it names."""
    whole = Event.model_json_schema()
    fields: Shape = whole["properties"] | {"seq": {"type": "integer", "minimum": 1}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:quadrille:event:1",
        "title": "An event of a run",
        "type": "object",
        "properties": fields,
        "required": ["run_id", "seq", "at", "kind"],
        "additionalProperties": False,
        "oneOf": [_variant(kind, told) for kind, told in KINDS.items()],
    }


def _variant(kind: str, told: Told) -> Shape:
    data: Shape = {"type": "object", "properties": dict(told.data), "required": list(told.required)}
    found: Shape = {"description": told.words, "properties": {"kind": {"const": kind}, "data": data}}
    if told.of_a_step:
        found["properties"]["node_id"] = {"type": "string"}
        found["required"] = ["node_id"]
    return found


def example(kind: EventKind) -> Shape:
    """An event of this kind as both sockets carry it."""
    told = KINDS[kind]
    place = {"node_id": "ask", "path": "", "visit": 1, "attempt": 1} if told.of_a_step else {}
    return {
        "run_id": "run_1",
        "seq": 1,
        "at": "2026-02-28T12:00:00Z",
        "kind": kind,
        **place,
        "data": dict(told.example),
    }


def undescribed() -> set[str]:
    """Kinds that nobody has described yet."""
    return set(get_args(EventKind)) - set(KINDS)
