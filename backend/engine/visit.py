"""One visit of one node while it is played, and how a try of it ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from pydantic import JsonValue

from backend.core.settings import settings
from backend.engine import failures, values
from backend.engine.effects import Effect, Recorder
from backend.engine.ir import Part
from backend.engine.ports import Scope, StepId
from backend.engine.scope import Given, Play
from backend.engine.then import Then
from backend.engine.values import Kept
from backend.nodes.kind import Step


@dataclass(slots=True)
class Visit:
    """One visit of one node while it is played."""

    play: Play
    part: Part
    step: StepId
    inputs: dict[str, Given]
    started_at: datetime
    attempt: int = 1
    asked: list[Effect] | None = None  # of the world, in this try
    differs: dict[str, Any] | None = None  # from what was recorded
    then: Then | None = None  # how it ended in the run that is replayed

    def hear(self, recorder: Recorder | None) -> None:
        """Take over what was asked by a context of this try."""
        if recorder is None:
            return
        self.differs = self.differs or recorder.differs
        if recorder.made:
            self.asked = [*(self.asked or ()), *recorder.made]

    @property
    def is_recorded(self) -> bool:
        """Whether the node takes recorded answers."""
        acting = self.play.live.run.acting
        return acting is not None and acting.mode(self.part.node.id, self.step.path).mode == "recorded"

    @property
    def name(self) -> str:
        """What people call the node."""
        return self.part.node.name or self.part.node.id

    def scope(self) -> Scope:
        """What the node and its expressions see."""
        place = self.play.place
        names = {"input": self.play.live.run.input, "nodes": place.outputs, "run": self.play.live.names}
        return Scope(
            {source: given.value for source, given in self.inputs.items()},
            cast(Mapping[str, JsonValue], {**names, **place.extra}),
        )


@dataclass(slots=True)
class Tried:
    """How a try ended: a checked output and a port, or an error."""

    output: Kept = values.NOTHING
    port: str | None = None
    error: dict[str, Any] | None = None
    hopeless: bool = False
    outage: bool = False  # a part of the installation is away: not the node's fault
    emitted: list[dict[str, JsonValue]] | None = None
    given: str = ""  # why the node was not played: disabled, or pinned
    stopped: bool = False  # by a cancel: recorded as failed, whatever the node's error settings say


def checked(visit: Visit, gave: Step, emitted: list[dict[str, JsonValue]] | None = None) -> Tried:
    """The output as plain JSON within the limit, and a port that exists; raises what is wrong."""
    ports = visit.part.ports
    if ports and gave.leave_by not in ports:
        raise failures.wrong_port(visit.name, gave.leave_by, ports)
    output = values.keep(gave.output, f"{visit.name}.output", settings().max_output_bytes)
    return Tried(output, gave.leave_by, emitted=emitted)
