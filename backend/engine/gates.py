"""A gate that lets so many in at once, the others in the order in which they came."""

import asyncio
from collections import deque
from collections.abc import Callable

from backend.engine.waits import Halted

Place = asyncio.Future[None]


class Places:
    """The places that a run has asked for. To stand in a queue is no waiting that lets a run sleep."""

    def __init__(self) -> None:
        self._asked: dict[Place, str | None] = {}

    def ask(self, path: str | None, *, refused: bool) -> Place:
        """A place for a step of the scope at this path, or of a compensation; a refused one raises Halted."""
        place: Place = asyncio.get_running_loop().create_future()
        self._asked[place] = path
        place.add_done_callback(lambda done: self._asked.pop(done, None))
        if refused:
            place.set_exception(Halted())
        return place

    def lose(self, lost: Callable[[str | None], bool]) -> None:
        """The run stops playing in these scopes: nobody of them stands in a queue any longer."""
        for place, path in list(self._asked.items()):
            if lost(path) and not place.done():
                place.set_exception(Halted())


class Gate:
    """Belongs to one event loop."""

    def __init__(self, limit: int) -> None:
        self._free = limit
        self._queue: deque[Place] = deque()

    async def enter(self, queue_up: Callable[[], Place]) -> None:
        """Wait for a place; what `queue_up` gives may be ended by an error, which is raised here."""
        if self._free > 0:
            self._free -= 1
            return
        place = queue_up()
        self._queue.append(place)
        try:
            await place
        except BaseException:
            if place.done() and not place.cancelled() and place.exception() is None:
                self.leave()  # it was given a place at the very moment it gave up
            raise

    def leave(self) -> None:
        """Give the place to the first who still waits."""
        while self._queue:
            place = self._queue.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._free += 1
