"""One compensation: played as a step of its own, and, when all its tries have failed, decided by a person."""

from datetime import datetime, timedelta
from typing import Any, Literal, cast

from backend.core import clock, ids
from backend.engine import values
from backend.engine.ir import Part, Scope
from backend.engine.ports import NewEvent, StepId
from backend.engine.records import LetterRow
from backend.engine.saga_plan import Entry
from backend.engine.scope import Given, Place, Play, PlayStep
from backend.engine.visit import Tried, Visit
from backend.engine.waits import Waiter
from backend.nodes.kind import Answer, Question

SKIPPED = "skipped"
Action = Literal["retry", "skip", "give_up"]
_FORM = {
    "type": "object",
    "properties": {
        "action": {
            "type": "string",
            "title": "What now?",
            "enum": ["retry", "skip", "give_up"],
            "description": "Retry: try it again. Skip: it is in order, go on with the others. Give up: leave the rest as it is.",
        }
    },
    "required": ["action"],
    "additionalProperties": False,
}
_CLOSED = {"retry": "redriven", "skip": "discarded", "give_up": "discarded"}


class Undo(Play):
    """The scope of one compensation: it stands where the step stood that it undoes, and gets that step's output."""

    def __init__(self, entry: Entry, given: Given, place: Place, saga: Part, play_step: PlayStep) -> None:
        super().__init__(entry.live, Scope({}, ()), place, play_step)
        self._entry, self._given, self._saga = entry, given, saga

    def step_id(self, part: Part) -> StepId:
        """The visit of the compensation."""
        return self._entry.undo_step

    def inputs(self, part: Part) -> dict[str, Given]:
        """What is undone."""
        return {self._entry.step.node_id: self._given}

    async def try_again(self, visit: Visit, tried: Tried) -> bool:
        """Ask people, where the node's settings do not say what a failure comes to."""
        if visit.part.node.on_error == "default":
            return False
        begun = self.live.journal.begin(visit.step)
        if begun.stuck is None or begun.stuck["attempt"] < visit.attempt:
            begun.stuck = await self._stuck(visit, tried, begun.stuck)
        action, by = await self._decided(visit, begun.stuck)
        told = NewEvent("saga.decided", visit.step, visit.attempt, {"action": action, "by": by})
        asked = _asked(visit.step, begun.stuck["round"])
        # What nobody decided in time stays among the open letters: somebody has to look at it still.
        closed = [LetterRow("", "compensation", asked, status=_CLOSED[action], by=by)] if by else []
        await self.live.hand_in(told, letters=closed)
        if action == "retry":
            visit.attempt += 1
            begun.attempt, begun.due = visit.attempt, clock.now()
            return True
        tried.port = SKIPPED if action == "skip" else None
        return False

    async def _stuck(self, visit: Visit, tried: Tried, before: dict[str, Any] | None) -> dict[str, Any]:
        """Note that all tries have failed, and put it among the dead letters, before anybody is asked."""
        seconds = cast(float | None, getattr(self._saga.config, "decide_within", None))
        until = clock.now() + timedelta(seconds=seconds) if seconds else None
        stuck: dict[str, Any] = {
            "round": before["round"] + 1 if before else 1,
            "attempt": visit.attempt,
            "error": tried.error,
            "compensates": visit.step.undoes,
            "until": until.isoformat() if until else None,
        }
        error = cast(dict[str, Any], tried.error)
        details = {"node": visit.step.node_id, "path": visit.step.path, "visit": visit.step.visit, **stuck}
        message = f"{visit.name}, which undoes {self._undone}: {error['message']}"
        asked = _asked(visit.step, stuck["round"])
        letter = LetterRow(ids.new("dl"), "compensation", asked, message, values.dumps(details))
        await self.live.hand_in(NewEvent("saga.stuck", visit.step, visit.attempt, stuck), letters=[letter])
        return stuck

    async def _decided(self, visit: Visit, stuck: dict[str, Any]) -> tuple[Action, str]:
        live, asked = self.live, _asked(visit.step, stuck["round"])
        key = f"approval:{asked.key(live.run.run_id)}"
        until = datetime.fromisoformat(stuck["until"]) if stuck["until"] else None
        if key not in live.journal.inbox:
            await live.world.questions.ask(live.run, asked, key, self._question(visit, stuck, until))
            number, waits = -stuck["round"], live.journal.begin(visit.step).waits
            if number not in waits:
                waits[number] = until
                told = {"wait": number, "for": "person", "until": stuck["until"]}
                await live.note(NewEvent("step.waiting", visit.step, visit.attempt, told))
            payload = await live.wait(Waiter("person", None, key=key, until=until))
            if payload is None and key not in live.journal.inbox:
                late = await live.world.questions.expire(live.run, asked, key)
                live.journal.inbox[key] = late.model_dump(mode="json")
        answer = Answer.model_validate(live.journal.inbox[key])
        return _action(answer), answer.by

    @property
    def _undone(self) -> str:
        node = self.live.program.parts[self._entry.step.node_id].node
        return node.name or node.id

    def _question(self, visit: Visit, stuck: dict[str, Any], until: datetime | None) -> Question:
        config = self._saga.config
        return Question(
            title=f"{visit.name} could not undo {self._undone}",
            message=f"{stuck['error']['message']}\n\nIt was tried {stuck['attempt']} times. The steps before it are "
            "undone once this is decided.",
            form=cast(Any, _FORM),
            proposal={"action": "retry"},
            expires_at=until,
            roles=cast(tuple[str, ...], getattr(config, "roles", Question.model_fields["roles"].default)),
        )


def _asked(step: StepId, number: int) -> StepId:
    """The question's own place: a compensation may ask people itself, and may fail more than once."""
    return StepId(step.node_id, f"{step.path}/{step.undoes}:undo", number)


def _action(answer: Answer) -> Action:
    """A question that is rejected, or that nobody answers in time, is given up."""
    chosen = answer.values.get("action") if isinstance(answer.values, dict) else None
    if answer.verdict != "approved":
        return "give_up"
    return cast(Action, chosen) if chosen in ("skip", "give_up") else "retry"
