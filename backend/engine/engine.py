"""The engine: plays claimed runs, wakes what waits in them, and lets go of them when asked."""

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from backend.engine import serde
from backend.engine.compile import CannotCompile, compiled
from backend.engine.gates import Gate
from backend.engine.live import Halt, LiveRun, Patience, World
from backend.engine.ports import (
    Children,
    ContextFactory,
    LiveListener,
    Outcome,
    Questions,
    RunToPlay,
    StopReason,
)
from backend.engine.saver import GroupCommitSaver
from backend.engine.stretch import Stretch, give_up, recall
from backend.engine.writer import Writer
from backend.nodes.kind import Kind
from backend.nodes.registry import all_kinds

__all__ = ["Engine", "Halt", "Patience"]


class Engine:
    """One a worker process."""

    def __init__(  # noqa: PLR0913 - what a process gives to all its runs
        self,
        writer: Writer,
        contexts: ContextFactory,
        listener: LiveListener,
        questions: Questions,
        *,
        kinds: Mapping[str, Kind] | None = None,
        patience: Patience | None = None,
        limits: Mapping[str, int] | None = None,
        children: Children | None = None,
    ) -> None:
        """`limits` says how many steps of a kind, or asking a model provider, may be at work at once in this process."""
        serde.check()
        writer.committed = listener.committed
        gates = {name: Gate(limit) for name, limit in (limits or {}).items()}
        known, patient = all_kinds() if kinds is None else kinds, patience or Patience()
        self._world = World(writer, contexts, questions, listener, children, known, patient, gates)
        self._saver = GroupCommitSaver(writer)
        self._live: dict[str, LiveRun] = {}

    async def play(self, run: RunToPlay) -> Outcome:
        """Play until the run ends, can go on only later, is stopped, or belongs to somebody else."""
        history = run.has_history if run.has_history is not None else run.token > 1
        live = LiveRun(run, self._world)
        self._live[run.run_id] = live  # before its rows are read: what is delivered meanwhile counts
        claim = (run.team_id, run.token)
        self._saver.admit(run.run_id, claim, fresh=not history)
        try:
            if history:
                await recall(live)
            whole = run.acting is None or run.acting.cut is None
            program = compiled(run.diagram, self._world.kinds, version_id=run.version_id if whole else "")
        except CannotCompile as error:
            return await give_up(live, error)
        else:
            return await Stretch(live, program, self._saver).play(resumed=run.token > 1)
        finally:
            live.close()
            self._saver.dismiss(run.run_id, claim)
            if self._live.get(run.run_id) is live:
                del self._live[run.run_id]

    def deliver(self, run_id: str, key: str, payload: JsonValue) -> bool:
        """Wake what waits for this in the run; False when the run is not played here."""
        live = self._live.get(run_id)
        if live is not None:
            live.deliver(key, payload)
        return live is not None

    def stop(self, run_id: str, why: StopReason) -> bool:
        """Ask the run to stop; `play` returns when it has. False when the run is not played here."""
        live = self._live.get(run_id)
        if live is not None:
            live.stop(why)
        return live is not None

    def watch(self, run_id: str, breaks: Mapping[str, Any] | None) -> None:
        """Other breakpoints than those of its claim."""
        if live := self._live.get(run_id):
            live.breaks = breaks

    def playing(self) -> tuple[str, ...]:
        """The runs that are held in memory."""
        return tuple(self._live)
