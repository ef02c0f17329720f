"""How long a run of ten thousand events takes to stand in a real browser: all events taken in, canvas and timeline drawn."""

import statistics
import time
from itertools import pairwise

from playwright.async_api import BrowserContext

from backend.workflows.diagram import Node, Wire
from tests.bench._instance import House, fields, standing_house
from tests.bench._rows import Row, row
from tests.bench.canvas import signed_in

EVENTS, TURNS, OPENINGS = 10_000, 835, 5


async def rows() -> list[Row]:
    """The first opening, which has nothing in the browser's cache, and the median of the others."""
    async with standing_house() as house, signed_in(house) as context:
        run_id, last = await _long_run(house)
        took = [await _opened(context, f"/runs/{run_id}", last) for _ in range(OPENINGS)]
    against = f"{last:,} events, a new tab each time, headless Chromium on this machine"
    return [
        row("a run of 10,000 events stands, first time", took[0], "s", None, against),
        row("a run of 10,000 events stands, p50", statistics.median(took[1:]), "s", 2.0, against),
    ]


async def _long_run(house: House) -> tuple[str, int]:
    """Two loops that only compute; its run and the number of its last event."""
    nodes, ends = [Node(id="start", kind="start")], list[tuple[str, str]]()
    for loop in ("first", "second"):
        ends.append((nodes[0].id if loop == "first" else "first", loop))
        nodes.append(Node(id=loop, kind="loop", config={"until": "False", "max_iterations": TURNS}))
        inside = [fields(f"{loop}{n}", n=str(n)).model_copy(update={"parent": loop}) for n in range(3)]
        nodes += inside
        ends += [(a.id, b.id) for a, b in pairwise(inside)]
    workflow_id = await house.publish(nodes, [Wire(source=a, target=b) for a, b in ends])
    run_id = await house.program.start(workflow_id)
    run = await house.program.ended(run_id)
    assert run["status"] == "succeeded", run
    last = int((await house.program.history(run_id))[-1]["seq"])
    assert last >= EVENTS, last
    return run_id, last


async def _opened(context: BrowserContext, path: str, last: int) -> float:
    page = await context.new_page()
    began = time.perf_counter()
    await page.goto(path, wait_until="commit")
    stands = f"[data-testid=run-view][data-events='{last}'] >> .react-flow__node >> nth=0"
    await page.wait_for_selector(stands)
    await page.wait_for_selector(".qv-line >> nth=0")
    took = time.perf_counter() - began
    await page.close()
    return took
