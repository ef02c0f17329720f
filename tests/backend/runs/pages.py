"""The diagrams on the pages of the patterns, and what agents said to each other in a run."""

from pathlib import Path
from typing import Any

from backend.runs.models import Run
from backend.workflows import file
from backend.workflows.diagram import Diagram
from tests.backend.runs.stage import events

PAGES = Path(__file__).parents[3] / "docs" / "patterns"


def example(page: str) -> Diagram:
    """The diagram on a page, as it stands there."""
    return file.read((PAGES / page).read_text().split("```yaml\n")[1].split("```")[0])


async def messages(run: Run) -> list[dict[str, Any]]:
    return [event.data for event in await events(run) if event.kind == "agent.message"]
