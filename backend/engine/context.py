"""The context of one try as the engine completes it: asking, sleeping, emitting and telling are the engine's."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import JsonValue

from backend.core import clock
from backend.engine import arrivals, children, signals
from backend.engine.effects import Recorder
from backend.engine.ports import NewEvent, StepId
from backend.engine.records import WaitRow
from backend.engine.speech import Speech
from backend.engine.waits import Waiter
from backend.nodes.kind import Answer, Question, Received, StepContext

if TYPE_CHECKING:
    from backend.engine.live import LiveRun
    from backend.engine.slots import Slot


T = TypeVar("T")
_Wait = tuple[int, datetime | None]  # the number of a wait in the step, and its moment

MOST_LINES, LONGEST_LINE = 200, 4_000
"""What one try may write to its log; the rest is left out, and the log says so."""


class EngineContext:
    """Everything else is passed on to the worker's context."""

    def __init__(
        self,
        inner: StepContext,
        live: "LiveRun",
        step: StepId,
        limit: asyncio.Timeout,
        slot: "Slot | None" = None,
    ) -> None:
        self._slot = slot
        self._inner, self._live, self._step, self._limit = inner, live, step, limit
        self._waits = self._lines = self._waiting = 0
        self._left: float | None = None  # of the time limit, while it stands still
        self._named: Counter[str] = Counter()
        self.recorder: Recorder | None = getattr(inner, "recorder", None)
        self.speech: Speech | None = getattr(inner, "speech", None)
        if self.speech is not None:
            self.speech.tell = self._said
        if hasattr(inner, "write"):
            cast(Any, inner).write = self._wrote
        self.emitted: list[dict[str, JsonValue]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def ask(self, question: Question) -> Answer:
        """Ask people, or take the recorded answer."""
        wait, request = self._begin(question.expires_at), cast(JsonValue, question.asked())
        name = self._name("ask", request)
        place = self._step.question(name) if name else self._step
        if self.recorder is None:
            return await self._ask(question, place, wait)
        return await self.recorder.of(
            "ask", request, lambda: self._ask(question, place, wait), (_plain, _answer)
        )

    async def _ask(self, question: Question, step: StepId, wait: _Wait) -> Answer:
        """The answer comes through the inbox, perhaps to another process and after days."""
        live, (number, until) = self._live, wait
        key = f"approval:{step.key(live.run.run_id)}"
        if key not in live.journal.inbox:
            await live.world.questions.ask(live.run, step, key, question)
            await self._announce("person", number, until)
            payload = await self._wait(Waiter("person", step.abandoned_with, key=key, until=until))
            if payload is None and key not in live.journal.inbox:
                answer = await live.world.questions.expire(live.run, step, key)
                live.journal.inbox[key] = answer.model_dump(mode="json")
        return Answer.model_validate(live.journal.inbox[key])

    async def sleep_until(self, moment: datetime) -> None:
        """Wait until the moment that was asked for first: a node that starts again does not start its wait again."""
        if self.recorder is not None and self.recorder.plays:
            return await self.recorder.play_cut("sleep")
        number, until = self._begin(moment)
        if until is None or until <= clock.now():
            return None
        await self._announce("time", number, until)
        try:
            await self._wait(Waiter("time", self._step.abandoned_with, until=until))
        except BaseException:  # as with what is asked: of use only if the try is over with it
            if self.recorder is not None:
                self.recorder.cut("sleep")
            raise
        return None

    async def receive(self, name: str, key: str, until: datetime | None) -> Received | None:
        """Wait for a signal or an event, or take the recorded one."""
        wait = self._begin(until)
        if self.recorder is None:
            return await self._receive(name, key, wait)
        request: JsonValue = {"name": name, "key": key, "ends": until is not None}
        return await self.recorder.of(
            "signal", request, lambda: self._receive(name, key, wait), (_plain_signal, _signal)
        )

    async def _receive(self, name: str, key: str, wait: _Wait) -> Received | None:
        """The same one again where the step was entered before and had received it."""
        live, (number, until) = self._live, wait
        begun = live.journal.begun.get(self._step)
        found = begun.received.get(number) if begun else None
        if found is None:
            found = await self._listen(WaitRow(self._step, number, name, key), until)
        return None if found is None else Received.model_validate(live.journal.inbox[found])

    async def call(self, workflow: str, version: int | None, given: JsonValue) -> JsonValue:
        """Play another workflow as a run of its own, or take the recorded output."""
        number, _ = self._begin(None)
        request: JsonValue = {"workflow": workflow, "version": version, "input": given}
        name = self._name("call", request)
        key = children.key_of(self._step, self._live.run.run_id, self._inner.attempt, name)
        other = (workflow, version)
        if self.recorder is None:
            return await self._call(other, given, key, number)
        return await self.recorder.of(
            "call", request, lambda: self._call(other, given, key, number), (_same, _same)
        )

    async def _call(
        self, wanted: tuple[str, int | None], given: JsonValue, key: str, number: int
    ) -> JsonValue:
        live, step = self._live, self._step
        other = children.called(live, *wanted)
        child_id = await children.maker(live).start(live.run, step, key, other, given)
        await self._announce("event", number, None, run_id=child_id)
        if key not in live.journal.inbox:
            await self._wait(Waiter("event", step.path, key=key))
        return children.result_of(
            other.name, child_id, *await children.maker(live).result(live.run, child_id)
        )

    async def once(self, kind: str, request: JsonValue, do: Callable[[], Awaitable[JsonValue]]) -> JsonValue:
        """Do it, or take what was recorded of it."""
        return await (do() if self.recorder is None else self.recorder.of(kind, request, do, (_same, _same)))

    async def together(self, parts: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
        """Each part counts as busy by itself: the run rests when all of them wait, not before."""
        live = self._live

        async def one(part: Callable[[], Awaitable[T]]) -> T:
            try:
                return await part()
            finally:
                live.busy(-1)

        if len(parts) == 1:
            return [await parts[0]()]
        live.busy(len(parts) - 1)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(part)) for part in parts]
        finally:
            live.busy(+1)
        return [task.result() for task in tasks]

    async def emit(self, topic: str, data: JsonValue, key: str = "") -> None:
        """Collected, and stored in the transaction of the step's success."""
        self.emitted.append({"topic": topic, "key": key, "data": data})

    def progress(self, message: str, fraction: float | None = None) -> None:
        """Volatile: goes straight to those who watch."""
        data = {"message": message, "fraction": fraction}
        self._live.tell(NewEvent("step.started", self._step, self._inner.attempt, data), "step.progress")

    def _said(self, piece: dict[str, Any]) -> None:
        self._live.tell(NewEvent("step.started", self._step, self._inner.attempt, piece), "step.token")

    def _wrote(self, level: str, text: str) -> None:
        """Lines for the step's log: history rows like any other."""
        lines = text.rstrip("\n").split("\n")
        shown = [line[:LONGEST_LINE] for line in lines[: MOST_LINES - self._lines]]
        if self._lines + len(lines) > MOST_LINES and self._lines < MOST_LINES:
            shown.append(f"… {len(lines) - len(shown)} more lines were left out.")
        self._lines += len(lines)
        if shown:
            events = [NewEvent("step.logged", self._step, self._inner.attempt, {"level": level, "message": one})
                      for one in shown]  # fmt: skip
            self._live.note(*events)

    def close(self) -> None:
        """The try is over."""
        if self.speech is not None:
            self.speech.close()

    async def _listen(self, wait: WaitRow, until: datetime | None) -> str | None:
        """The inbox key of what came; what is received once is this step's, whatever happens to the process."""
        live, prefix = self._live, signals.prefix(wait.name, wait.key)
        # First the row by which events find the step, then a look at those that came before: none falls in between.
        await live.hand_in(begins=[wait])
        await live.hand_in(looks=[wait])
        await arrivals.look(live)
        found = live.journal.take(prefix)
        if found is None:
            await self._announce("event", wait.number, until, name=wait.name, key=wait.key)
            came = await self._wait(Waiter("event", self._step.abandoned_with, key=prefix, until=until))
            if came is None:  # what was sent in time counts, however late its hint is
                await arrivals.look(live)
            found = came if isinstance(came, str) else live.journal.take(prefix)
        events: list[NewEvent] = []
        if found is not None:
            live.journal.begin(self._step).received[wait.number] = found
            data = {"wait": wait.number, "signal": found, "name": wait.name, "key": wait.key}
            events = [NewEvent("event.received", self._step, self._inner.attempt, data)]
        await live.hand_in(*events, ends=[wait])
        return found

    def _name(self, kind: str, request: JsonValue) -> str:
        """What tells one question or call of a step from its others: the same at every try. Only kinds that resume have several."""
        if self.recorder is None or self.recorder.lasts is None:
            return ""
        digest = self.recorder.digest(kind, request)[:16]
        self._named[digest] += 1
        return f"{digest}.{self._named[digest]}"

    def _begin(self, until: datetime | None) -> tuple[int, datetime | None]:
        """The number of this wait in the step, and its moment as it was when it began for the first time."""
        number = self._waits
        self._waits += 1
        begun = self._live.journal.begun.get(self._step)
        if begun is not None and number in begun.waits:
            return number, begun.waits[number]
        return number, until

    async def _announce(self, what: str, number: int, until: datetime | None, **more: str) -> None:
        begun = self._live.journal.begin(self._step)
        if number in begun.waits:
            return
        begun.waits[number] = until
        data = {"wait": number, "for": what, "until": until.isoformat() if until else None, **more}
        await self._live.note(NewEvent("step.waiting", self._step, self._inner.attempt, data))

    async def _wait(self, waiter: Waiter) -> JsonValue:
        """Wait with the step's time limit standing still, and its place at work left to others."""
        self._hold()
        if self._slot is None:
            payload = await self._live.wait(waiter)
        else:
            self._slot.pause()
            payload = await self._live.wait(waiter)
            await self._slot.go_on()
        self._go_on()
        return payload

    def _hold(self) -> None:
        """The time limit stands still while the step waits for anything, also for several things at once."""
        self._waiting += 1
        deadline = self._limit.when()
        if self._waiting == 1 and deadline is not None:
            self._left = deadline - asyncio.get_running_loop().time()
            self._limit.reschedule(None)

    def _go_on(self) -> None:
        self._waiting -= 1
        if self._waiting == 0 and self._left is not None:
            self._limit.reschedule(asyncio.get_running_loop().time() + self._left)
            self._left = None


def _same(output: JsonValue) -> JsonValue:
    return output


def _plain(answer: Answer) -> JsonValue:
    return answer.model_dump(mode="json")


def _answer(plain: JsonValue) -> Answer:
    return Answer.model_validate(plain)


def _plain_signal(received: Received | None) -> JsonValue:
    return None if received is None else received.model_dump(mode="json")


def _signal(plain: JsonValue) -> Received | None:
    return None if plain is None else Received.model_validate(plain)
