"""Who waits in this process for the end of a run, and which runs were heard to end."""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from contextlib import suppress

KEPT = 20_000


class Endings:
    """A notice may come before anybody waits: the last ones are kept, for who has just started a run."""

    def __init__(self) -> None:
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._heard: OrderedDict[str, None] = OrderedDict()

    def heard(self, run_ids: Iterable[str]) -> None:
        """These runs have ended."""
        for run_id in run_ids:
            self._heard[run_id] = None
            for ended in self._waiting.get(run_id, ()):
                ended.set()
        while len(self._heard) > KEPT:
            self._heard.popitem(last=False)

    def waited_for(self) -> list[str]:
        """The runs whose end somebody waits for."""
        return list(self._waiting)

    async def wait(self, run_id: str, seconds: float) -> bool:
        """Wait until the run has ended, at most so long; True when it has."""
        if run_id in self._heard:
            return True
        ended = asyncio.Event()
        self._waiting[run_id].add(ended)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await ended.wait()
        finally:
            self._waiting[run_id].discard(ended)
            if not self._waiting[run_id]:
                del self._waiting[run_id]
        return ended.is_set()
