"""Joins that do not wait for ever: from the first branch that arrives on, a moment is set that survives restarts."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from backend.core import clock
from backend.engine.ir import Part
from backend.engine.ports import NewEvent
from backend.engine.waits import Halted, Waiter

if TYPE_CHECKING:
    from backend.engine.scope import Play

CODE = "join_timed_out"


class Clocks:
    """The clocks of the joins of one scope in play."""

    def __init__(self) -> None:
        self._ticking: dict[str, Waiter] = {}
        self.rung: set[str] = set()  # joins that go on, or fail, with those that came in time

    def over(self, node_id: str) -> None:
        """The join need not wait any longer."""
        waiter = self._ticking.pop(node_id, None)
        if waiter is not None:
            waiter.deliver("in time")

    def watch(self, play: "Play", part: Part) -> Waiter:
        """The clock of this join, from its first branch on."""
        waiter = Waiter("time", play.place.path, until=_until(play, part))
        self._ticking[part.node.id] = waiter
        return waiter

    async def ring(self, play: "Play", part: Part, waiter: Waiter) -> bool:
        """True when its time was over before it could start."""
        try:
            came = await play.live.wait(waiter)
        except Halted:
            play.halted = play.halted or play.failure is None
            return False
        if came is not None:
            return False
        self._ticking.pop(part.node.id, None)
        self.rung.add(part.node.id)
        return True


def _until(play: "Play", part: Part) -> datetime:
    """The moment as it was set when the first branch arrived; it is in the history."""
    step = play.step_id(part)
    begun = play.live.journal.begin(step)
    if begun.waits.get(0) is not None:
        return begun.waits[0] or clock.now()
    until = clock.now() + timedelta(seconds=part.patience or 0)
    begun.waits[0] = until
    data = {"wait": 0, "for": "time", "until": until.isoformat()}
    play.live.note(NewEvent("step.waiting", step, data=data))
    return until
