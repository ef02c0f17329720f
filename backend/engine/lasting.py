"""Answers that last: of kinds that resume, each is stored as soon as it has come, and given again to whoever begins anew.

A try that goes on after a crash, and another try after a failed one, is given what the tries before it were answered, by
kind and digest and in their order; what is not among it is asked of the world. Errors are not given again. A clock's
answer is stored with the next other one, since nothing is lost with it.
"""

from typing import Any

from backend.engine import effects, remembered, telling
from backend.engine.effects import Effect, Recorded, Recorder
from backend.engine.ports import NewEvent
from backend.engine.visit import Visit

_WITH_THE_NEXT = frozenset({"clock"})


class Lasting:
    """One for each try, unless the try takes recorded answers: then its events are all that is stored at once."""

    def __init__(self, visit: Visit, recorder: Recorder, known: list[Recorded], next_n: int) -> None:
        self._live, self._step, self._attempt = visit.play.live, visit.step, visit.attempt
        self._recorder, self._known, self._n = recorder, known, next_n

    def number(self) -> int:
        """The place of the next answer in this try."""
        self._n += 1
        return self._n - 1

    def given(self, kind: str, digest: str) -> Recorded | None:
        """What an earlier try was answered, each answer once."""
        found = next((one for one in self._known if one.digest == digest and one.kind == kind), None)
        if found is not None:
            self._known.remove(found)
        return found

    def begun(self, kind: str, request: Any) -> None:
        """The world is about to be asked."""
        if told := telling.asked(kind, request):
            self._live.note(NewEvent(told[0], self._step, self._attempt, told[1]))

    async def keep(self, effect: Effect, request: Any) -> None:
        """Store the answer, with the event that tells of it and with what came before and is not stored yet."""
        if effect.kind in _WITH_THE_NEXT:
            return
        told = telling.answered(effect, request)
        events = [NewEvent(told[0], self._step, self._attempt, told[1])] if told else []
        if self._recorder.plays:
            if events:
                self._live.note(*events)
            return
        taken = self._recorder.take()
        kept = [kept for one in taken for kept in (one.kept, one.request)]
        rows = effects.rows(taken, self._step, self._attempt, None)
        await self._live.note(*events, kept=kept, effects=rows)


async def begin(visit: Visit, recorder: Recorder | None) -> None:
    """Make the answers of this try last, where its kind wants that."""
    if recorder is None or not visit.part.kind.resumes:
        return
    live = visit.play.live
    known: list[Recorded] = []
    next_n = 0
    if not recorder.plays and visit.step in live.journal.begun:
        team_id, run_id = live.run.team_id, live.run.run_id
        database = live.world.writer.database
        known, next_n = await remembered.earlier(database, team_id, run_id, visit.step, visit.attempt)
    recorder.lasts = Lasting(visit, recorder, known, next_n)
