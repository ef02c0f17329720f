"""How many steps may be at work at once: in one run by its diagram, in one process by kind or model provider."""

from collections.abc import Iterator
from types import TracebackType
from typing import Any, cast

from backend.engine.gates import Gate, Place
from backend.engine.live import LiveRun
from backend.engine.visit import Visit


class Slot:
    """The places that one try needs: of its run first, then those of what it uses. Given back while it waits."""

    def __init__(self, live: LiveRun, path: str | None, gates: list[Gate]) -> None:
        self._live, self._path, self._gates = live, path, gates
        self._entered = 0
        self._waits = 0

    async def __aenter__(self) -> "Slot":
        """Take the places, in one order everywhere, so that no two tries wait for each other."""
        for gate in self._gates:
            try:
                await gate.enter(self._queue_up)
            except BaseException:
                self._leave()
                raise
            self._entered += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give them back."""
        self._leave()

    def pause(self) -> None:
        """The try begins to wait: others may use its places meanwhile."""
        self._waits += 1
        self._leave()

    async def go_on(self) -> None:
        """The wait is over; the last of several takes the places again."""
        self._waits -= 1
        if self._waits == 0:
            await self.__aenter__()

    def _queue_up(self) -> Place:
        live = self._live
        return live.places.ask(self._path, refused=live.halt is not None or live.abandoned(self._path))

    def _leave(self) -> None:
        for gate in self._gates[: self._entered]:
            gate.leave()
        self._entered = 0


def slot(visit: Visit) -> Slot:
    """What this visit needs."""
    live = visit.play.live
    gates = [live.gate] if live.gate else []
    if live.world.gates:
        named = sorted(set(_uses(visit)))
        gates += [live.world.gates[name] for name in named if name in live.world.gates]
    return Slot(live, visit.step.abandoned_with, gates)


def _uses(visit: Visit) -> Iterator[str]:
    """Its kind, and the provider of each model that its settings name: `openai` for `openai:gpt-5`."""
    part = visit.part
    yield part.kind.name
    for name, field in type(part.config).model_fields.items():
        extra = cast(Any, field.json_schema_extra)
        if isinstance(extra, dict) and cast(dict[str, Any], extra).get("widget") == "model":
            yield str(getattr(part.config, name)).partition(":")[0].partition("/")[0]
