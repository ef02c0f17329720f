"""What the engine plays and what it needs of the layers above it: plain data in, a context per step, a ledger for history.

How the worker uses the engine:

* `writer = await open_writer(url)` (`engine.writer`), `engine = Engine(writer, contexts, listener, questions)` (`engine.engine`).
* `outcome = await engine.play(run)` for every run it has claimed. The engine itself writes `run.started` or `run.resumed`
  and **every** change of the run's row that ends a stretch of playing, each in one transaction with its event and under
  the fence: `succeeded|failed|cancelled` (with output or error and `finished_at`), `waiting_person|waiting_event|waiting_time|retrying`
  (with `wake_at`), `paused`, and `queued` after a drain; all of them set `worker_id` to NULL. After `play` has returned
  the worker only forgets the run; after `fenced` it must not touch the row.
* `engine.deliver(run_id, key, payload)` when it hears that an `inbox_item` was stored; the row is the truth, and the
  engine looks into the inbox by itself before it lets go of a waiting run.
* `engine.stop(run_id, why)`; a wish that was there before the claim goes into `RunToPlay.stop`. The row is the truth here,
  too: a run falls asleep only where its row has no wish that it has not heard of, and is paused only where that is still wished.
* Inbox keys: `approval:{step key}`, the payload being an `Answer` as JSON; `signal:{name}:{key}:{id}` (`engine.signals`),
  the payload being a `Received` as JSON, each received by one step. Timers need no inbox: `wake_at` is enough.
* What steps emit are `team_event` rows in the transaction of their success; `event_wait` rows say who waits for one.
* The engine plays containers and joins. A `map` kind's `play` gives the list of items (asked once, then kept) and its
  settings `concurrency` and `on_item_error` (`stop|collect|drop`); a `loop` kind's `play` gives `{"done": true}` when asked
  after a turn, with the names `index` and `previous`, and its settings `max_iterations`; a `join` kind's settings are `mode`
  (`all|any|count`) and `count`. A loop that met its bound leaves by `exhausted` where the kind has that port, else by `out`.
  A node that is not a join waits until each of its wires is live or dead, and plays once if at least one is live.
* Values over a few KB are stored once by their content, in `blob` rows that share what they have in common; a step's input
  and output hold `{"$blob": digest, "bytes": n}` in their place, at any depth. `engine.journal.restored` puts them back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from pydantic import JsonValue

from backend.engine.acting import Acting
from backend.nodes.kind import Answer, Question, StepContext
from backend.workflows.diagram import Diagram, Node

OutcomeStatus = Literal["succeeded", "failed", "cancelled", "waiting", "paused", "drained", "fenced"]

EventKind = Literal[
    "run.queued", "run.started", "run.resumed", "run.waiting", "run.paused", "run.cancelling", "run.diverged", "run.repaired",
    "run.succeeded", "run.failed", "run.cancelled",
    "step.started", "step.waiting", "step.retrying", "step.succeeded", "step.failed", "step.skipped", "step.logged",
    "state.transition", "state.ignored", "approval.requested", "approval.decided", "event.emitted", "event.received",
    "agent.said", "agent.message", "tool.called", "tool.answered",
    "saga.compensating", "saga.stuck", "saga.decided", "saga.compensated", "saga.failed",
    "plan.deviated", "plan.adapted",
]  # fmt: skip
StopReason = Literal["cancel", "pause", "drain"]
LiveKind = Literal["step.progress", "step.token"]  # volatile: never rows, no seq


_QUESTION = ":ask:"


@dataclass(frozen=True)
class StepId:
    """One visit of one node. `path` names the enclosing containers, `per_item:3/again:1`; empty at the root.

    A container's second try plays its body in places of its own, `per_item:3:2`: no step of the first is met again.
    """

    node_id: str
    path: str = ""
    visit: int = 1
    undoes: str = field(
        default="", compare=False
    )  # the node whose visit, of the same path and number, it compensates

    def key(self, run_id: str) -> str:
        """The name of the visit everywhere."""
        return f"{run_id}:{self.path + '/' if self.path else ''}{self.node_id}:{self.visit}"

    def question(self, name: str) -> "StepId":
        """The place of one of several questions of this visit."""
        return StepId(self.node_id, f"{self.path}/{self.node_id}{_QUESTION}{name}", self.visit)

    @property
    def asker(self) -> "StepId":
        """The visit that asks, where this is the place of one of its questions."""
        around, _, last = self.path.rpartition("/")
        return StepId(self.node_id, around, self.visit) if _QUESTION in last else self

    @property
    def abandoned_with(self) -> str | None:
        """The scope whose failure ends the waits of this step; a compensation waits on."""
        return None if self.undoes else self.path

    def idempotency_key(self, run_id: str) -> str:
        """What is passed on to every effect: the key of the visit, or, of a compensation, that of what it undoes and `:comp`."""
        if not self.undoes:
            return self.key(run_id)
        return f"{StepId(self.undoes, self.path, self.visit).key(run_id)}:comp"


@dataclass(frozen=True)
class Called:
    """The version of another workflow that a call plays, fixed when the run started."""

    workflow_id: str
    version_id: str
    name: str
    diagram: Diagram


@dataclass(frozen=True)
class RunToPlay:
    """A claimed run. `token` is the fence: every write of the engine checks it in its own transaction."""

    run_id: str
    team_id: str
    version_id: str
    token: int
    diagram: Diagram
    input: JsonValue
    last_seq: int = 0
    started_by: str = ""
    started_at: datetime | None = None
    stop: StopReason | None = None  # wished before the run was claimed
    use_pinned: bool = False  # a test run of a draft: pinned outputs stand in for their nodes
    has_history: bool | None = None  # whether it has steps already; None: played before means claimed before
    acting: Acting | None = None  # of a fork, a retry or a replay
    calls: Mapping[str, Called] = field(default_factory=dict[str, Called])  # by `workflow@version`
    is_child: bool = False  # another run waits for its end
    diverged: bool = False  # it was already told where a replay first differs
    given_up: Mapping[str, Any] | None = None  # why: only its open sagas are undone
    breaks: Mapping[str, Any] | None = None  # where it stops, see `engine.breakpoints`
    workflow_id: str = ""


@dataclass(frozen=True)
class Outcome:
    """How a stretch of playing ended. `waiting` means passivated: nothing of the run is held in memory."""

    status: OutcomeStatus
    output: JsonValue = None
    error: Mapping[str, Any] | None = None
    wake_at: datetime | None = None


@dataclass(frozen=True)
class NewEvent:
    """A history row to be; the ledger numbers it in the transaction that stores it."""

    kind: EventKind
    step: StepId | None = None
    attempt: int = 1
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])
    at: datetime | None = None


@dataclass(frozen=True)
class Scope:
    """What one step can see. Read it, never change it: other steps hold the same objects.

    `names` is what expressions see: `input`, `nodes`, `run`, and in containers `item`, `index`, `previous`, `event`.
    """

    inputs: Mapping[str, JsonValue]
    names: Mapping[str, JsonValue]


class ContextFactory(Protocol):
    """Given by the worker: the world for one step."""

    def __call__(self, run: RunToPlay, node: Node, step: StepId, attempt: int, scope: Scope) -> StepContext:
        """Everything but `ask`, `receive`, `sleep_until`, `emit` and `progress`, which the engine puts over it.

        `scope.inputs` is `ctx.inputs`; `scope.names` is what expressions see.
        """
        ...


class Questions(Protocol):
    """Given by the worker: makes approvals. Both are called again after a crash and must then change nothing."""

    async def ask(self, run: RunToPlay, step: StepId, key: str, question: Question) -> None:
        """Make the approval of this step, once; `key` is the inbox key under which its answer has to arrive."""
        ...

    async def expire(self, run: RunToPlay, step: StepId, key: str) -> Answer:
        """Its time is over: close it if it is still open, and give the answer that stands."""
        ...


class Children(Protocol):
    """Given by the worker: runs that steps start and wait for."""

    def checked(self, called: Called, given: JsonValue) -> JsonValue:
        """The input with the defaults of the other's form; raises Invalid naming each field that it refuses."""
        ...

    async def start(self, run: RunToPlay, step: StepId, key: str, called: Called, given: JsonValue) -> str:
        """Start the run, once a key; its end arrives in the inbox under the key. Gives its id."""
        ...

    async def result(self, run: RunToPlay, child_id: str) -> tuple[str, JsonValue, Mapping[str, Any] | None]:
        """How it ended: status, output and error."""
        ...


class LiveListener(Protocol):
    """Given by the worker: hears of history rows after their commit, and of volatile events at once."""

    def committed(self, run_id: str, events: list[dict[str, Any]]) -> None:
        """Numbered rows that are now durable, in the wire form of `runs.schemas.Event`."""
        ...

    def volatile(self, run_id: str, event: dict[str, Any]) -> None:
        """A progress or token event; may be dropped."""
        ...
