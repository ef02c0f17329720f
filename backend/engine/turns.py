"""Which steps of a replay have ended, and who waits for that."""

from typing import TYPE_CHECKING

from backend.engine.ports import StepId
from backend.engine.waits import Waiter

if TYPE_CHECKING:
    from backend.engine.live import LiveRun


class Turns:
    """Of one run in play."""

    def __init__(self) -> None:
        self._ended: set[StepId] = set()
        self._missing: dict[Waiter, set[StepId]] = {}

    def end(self, step: StepId) -> None:
        """The step has ended in this stretch; those of earlier ones are in the journal."""
        self._ended.add(step)
        for waiter, missing in self._missing.items():
            missing.discard(step)
            if not missing:
                waiter.deliver(True)

    def release(self) -> None:
        """The replay goes another way: nobody waits for its turn any longer."""
        for waiter in self._missing:
            waiter.deliver(None)

    async def wait(self, live: "LiveRun", steps: set[StepId]) -> bool:
        """True once all of them have ended; False when nothing moves any more before that."""
        missing = steps - self._ended - live.journal.finished.keys()
        if not missing:
            return True
        waiter = Waiter("turn", None)
        self._missing[waiter] = missing
        try:
            return await live.wait(waiter) is not None
        finally:
            del self._missing[waiter]
