"""The hands of the clock, and workflows that begin by it."""

from datetime import UTC, datetime
from typing import Any

from backend.worker import beginnings, schedules
from backend.workflows.diagram import Diagram, Node
from tests.backend.runs.test_choreography import SAID, drawn

NIGHT = datetime(2027, 3, 1, 2, 0, tzinfo=UTC)
DAILY = {"cron": "0 9 * * *", "zone": "Europe/Berlin"}


class Hands:
    """The hands of the clock."""

    def __init__(self) -> None:
        self.at = NIGHT

    def now(self) -> datetime:
        return self.at

    async def to(self, *parts: int) -> None:
        """Put them forward, and let a worker look as often as there is something."""
        self.at = datetime(*parts, tzinfo=UTC)
        await looked()


async def looked() -> None:
    await schedules.look()
    await beginnings.look()


def timed(*rows: dict[str, Any], fields: tuple[dict[str, Any], ...] = ()) -> Diagram:
    """A workflow that begins at these times."""
    start = Node(id="start", kind="start", config={"fields": list(fields), "schedules": list(rows)})
    diagram = drawn([Node(id="said", kind="set_fields", config=SAID)], "start>said", "said>output")
    return diagram.model_copy(update={"nodes": (start, *diagram.nodes[1:])})
