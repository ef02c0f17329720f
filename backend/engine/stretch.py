"""One stretch of playing a run: from its claim until it ends or this process lets go of it."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

from langchain_core.runnables import RunnableConfig

from backend.core import failpoints, ids, log
from backend.core.errors import QuadrilleError
from backend.engine import journal, rollback, values, waits
from backend.engine.compile import Compiled
from backend.engine.graph import Hands
from backend.engine.ir import Program
from backend.engine.live import LiveRun
from backend.engine.ports import NewEvent, Outcome, OutcomeStatus
from backend.engine.records import NO_STEP, Change, Fenced, LetterRow, SignalArrived, Steered, StoreLost, Wish
from backend.engine.saver import GroupCommitSaver
from backend.engine.scope import Place, Play
from backend.engine.step import play_step

Rest = Literal["waiting", "paused", "drained"]
_WAITING = {
    "person": "waiting_person", "event": "waiting_event", "time": "waiting_time", "retry": "retrying",
}  # fmt: skip


_log = log.get(__name__)


class Stretch:
    """Plays through LangGraph, and keeps the run's row in step with it."""

    def __init__(self, live: LiveRun, compiled: Compiled, saver: GroupCommitSaver) -> None:
        self._live, self._compiled, self._saver = live, compiled, saver
        self._outcome: Outcome | None = None

    async def play(self, *, resumed: bool) -> Outcome:
        """Play; a signal or a wish that comes while the run falls asleep wakes it again."""
        try:
            await self._begin(resumed=resumed)
            while True:
                outcome = await self._invoke()
                if outcome is not None:
                    return outcome
                try:
                    return await self._rest()
                except SignalArrived:
                    await self._wake()
                except Steered as steered:
                    await self._wake(steered.wish)
        except (Fenced, StoreLost) as error:
            return self._lost(error)
        except BaseExceptionGroup as group:
            found = group.subgroup((Fenced, StoreLost))
            if found is None:
                raise
            return self._lost(found)

    def _lost(self, error: BaseException) -> Outcome:
        """Nothing more may or can be written; whoever claims the run next goes on from its rows."""
        _log.warning("a run is let go", run=self._live.run.run_id, why=repr(error))
        return Outcome("fenced")

    async def _begin(self, *, resumed: bool) -> None:
        kind = "run.resumed" if resumed else "run.started"
        failpoints.passed("run.begin")
        self._live.move(Change("running"), NewEvent(kind))
        failpoints.passed("run.begun")

    async def _invoke(self) -> Outcome | None:
        """Let LangGraph play: from the start where it has no checkpoint, else from there."""
        run = self._live.run
        config: RunnableConfig = {"configurable": {"thread_id": run.run_id}, "recursion_limit": 1_000_000}
        known = await self._saver.aget_tuple(config)
        given = None if known is not None else {"program": self._compiled.program.digest}
        graph: Any = self._compiled.graph(self._saver)
        state: Any = await graph.ainvoke(
            given, config, context=Hands(self._play, self._standstill), durability="exit"
        )
        return None if "__interrupt__" in state else self._outcome

    async def _play(self, program: Program) -> OutcomeStatus | None:
        """The work of the graph's one node: play the root scope; end the run where it ends."""
        live = self._live
        live.program = program
        root = Play(live, program.root, Place(), play_step)
        await root.play()
        if root.failure is None and not root.halted:
            return await self._end("succeeded", output=root.result())
        if (root.failure is not None or live.cancelled) and await rollback.settled(live, play_step):
            return await self._end_undone(root.failure or {})
        return None

    async def _end_undone(self, failure: Mapping[str, Any]) -> OutcomeStatus:
        """The end of a run that did not succeed, with what was undone on the way."""
        live, told = self._live, rollback.told(self._live)
        rolled = {"rollback": told} if told else {}
        if live.run.given_up is not None:
            error = {**live.run.given_up, **rolled}
            return await self._end("failed", error=error, letters=[letter("poison", error)])
        if live.cancelled:
            return await self._end("cancelled", error=told)
        return await self._end("failed", error={**failure, **rolled})

    async def _end(
        self,
        status: OutcomeStatus,
        *,
        output: Any = None,
        error: dict[str, Any] | None = None,
        letters: Sequence[LetterRow] = (),
    ) -> OutcomeStatus:
        """The run's last transaction: its last event, its status and what came out of it."""
        self._outcome = await end(self._live, status, output, error, letters)
        return status

    def _standstill(self) -> dict[str, Any]:
        wake_at = self._live.wake_at()
        return {
            "why": self._live.halt,
            "keys": list(waits.inbox_keys(self._live.asleep)),
            "until": wake_at.isoformat() if wake_at else None,
        }

    async def _rest(self) -> Outcome:
        """Give the run back: paused, queued again, or asleep until something comes."""
        live = self._live
        unheard: tuple[Wish, ...] = () if live.cancelled else ("cancel",)
        if live.halt == "pause":
            failpoints.passed("run.pause")
            wished = live.stopped_at is None
            await live.move(Change("paused", unless_wished=unheard, if_paused=wished), _paused(live))
            failpoints.passed("run.paused")
            return Outcome("paused")
        if live.halt == "drain":
            await live.move(Change("queued"))
            return Outcome("drained")
        wake_at, keys = live.wake_at(), waits.inbox_keys(live.asleep)
        waits_for = waits.most_telling(live.asleep)
        status = _WAITING[waits_for]
        told = {"for": waits_for, "until": wake_at.isoformat() if wake_at else None}
        wanted, taken = waits.prefixes(live.asleep), frozenset(live.journal.taken)
        change = Change(
            status,
            wake_at=wake_at,
            unless_inbox=keys,
            unless_signal=wanted,
            taken=taken,
            unless_wished=(*unheard, "pause"),
        )
        failpoints.passed("run.rest")
        await live.move(change, NewEvent("run.waiting", data=told))
        failpoints.passed("run.rested")
        return Outcome("waiting", wake_at=wake_at)

    async def _wake(self, wish: Wish | None = None) -> None:
        """Look again at everything that is known, and go on, or do what a member wishes."""
        await recall(self._live)
        self._live.halt = "cancel" if self._live.cancelled else None
        if wish is not None:
            self._live.stop(wish)


async def recall(live: LiveRun) -> None:
    """Read all that is known of the run; what is delivered meanwhile is kept."""
    known = await journal.load(live.world.writer.database, live.run.run_id)
    known.inbox |= live.journal.inbox
    live.journal, live.around = known, sum(one.error is not None for one in known.finished.values())


def _paused(live: LiveRun) -> NewEvent:
    """At a breakpoint it says where."""
    if live.stopped_at is None:
        return NewEvent("run.paused")
    step, when = live.stopped_at
    return NewEvent("run.paused", step, data={"when": when})


async def give_up(live: LiveRun, error: QuadrilleError) -> Outcome:
    """The run cannot even begin."""
    problems = error.details.get("problems", [])
    try:
        described = {"code": error.code, "message": error.message, "problems": problems}
        return await end(live, "failed", None, described, [letter("unreadable", described)])
    except (Fenced, StoreLost):
        return Outcome("fenced")


def letter(reason: str, error: dict[str, Any]) -> LetterRow:
    """The dead letter of a run that is given up."""
    words = " ".join([error["message"], *(one["message"] for one in error.get("problems", [])[:3])])
    return LetterRow(ids.new("dl"), reason, NO_STEP, words, values.dumps({"error": error}))


def _shown_as(live: LiveRun, status: OutcomeStatus, error: Mapping[str, Any] | None) -> str | None:
    """What the status alone does not tell."""
    if status == "failed" and error and error.get("code") == "timeout":
        return "timed_out"
    return "warnings" if status == "succeeded" and live.around else None


async def end(
    live: LiveRun,
    status: OutcomeStatus,
    output: Any,
    error: dict[str, Any] | None,
    letters: Sequence[LetterRow] = (),
) -> Outcome:
    """Write the terminal state together with the event that tells of it."""
    apart = None if output is None else values.apart(output)
    change = Change(
        status,
        output=apart.stored if apart else None if output is None else values.dumps(output),
        error=None if error is None else values.dumps(error),
        finished=True,
        shown_as=_shown_as(live, status, error),
    )
    data = {} if error is None else {"error": error}
    kind = {"succeeded": "run.succeeded", "failed": "run.failed"}.get(status, "run.cancelled")
    failpoints.passed("run.end")
    await live.move(change, NewEvent(cast(Any, kind), data=data), letters=letters, gave=apart)
    failpoints.passed("run.ended")
    return Outcome(status, output, error)
