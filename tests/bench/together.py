"""Ten people on one draft: how soon one sees what another types, and whether all have the same after much drawing."""

import asyncio
import random
import statistics
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import pycrdt
from playwright.async_api import Page
from websockets.asyncio.client import connect

from tests.backend.workflows.web import Editor
from tests.bench._instance import House, standing_house
from tests.bench._rows import Row, row
from tests.bench.canvas import drawn, signed_in, stands

PEOPLE, LETTERS, EDITS, A_VISIT, SEED = 10, 60, 1_000, 125, 7
_WATCH = """() => {
  window.seen = [];
  const name = document.querySelector("[data-testid=node-n5] .qc-name");
  new MutationObserver(() => window.seen.push([name.textContent.length, Date.now()])).observe(name, { childList: true, characterData: true, subtree: true });
}"""
_STAMP = """() => {
  window.typed = [];
  const field = document.querySelector("[data-testid=inspector-name]");
  field.addEventListener("input", () => window.typed.push([field.value.length, Date.now()]), { capture: true });
}"""


async def rows() -> list[Row]:
    """The two one after the other, on one instance."""
    async with standing_house() as house:
        return [await _typing(house), *await _drawing(house)]


async def _typing(house: House) -> Row:
    """One browser types a name letter by letter, another shows it, and eight others move nodes meanwhile."""
    workflow = await house.program.publish(drawn(60, 80))
    async with signed_in(house) as context, AsyncExitStack() as others:
        typing, watching = await context.new_page(), await context.new_page()
        for page in (typing, watching):
            await page.goto(f"/workflows/{workflow}", wait_until="commit")
            await stands(page)
        editors = [await others.enter_async_context(_editor(house, workflow)) for _ in range(PEOPLE - 2)]
        moving = [asyncio.create_task(_move(editor, number)) for number, editor in enumerate(editors)]
        delays = sorted(await _delays(typing, watching))
        for task in moving:
            task.cancel()
    p50, p95 = statistics.median(delays), delays[int(len(delays) * 0.95)]
    told = f"p50 {p50:.0f} ms; 8 others move a node 5 times a second each"
    return row(f"an edit in one browser seen in another, {PEOPLE} editors, p95", p95, "ms", 150, told)


async def _delays(typing: Page, watching: Page) -> list[float]:
    await typing.get_by_test_id("node-n5").locator(".qc-head").click()
    field = typing.get_by_test_id("inspector-name")
    await field.fill("")
    await field.press_sequentially("x")
    await watching.wait_for_function(
        "document.querySelector('[data-testid=node-n5] .qc-name').textContent === 'x'"
    )
    await watching.evaluate(_WATCH)
    await typing.evaluate(_STAMP)
    await field.press_sequentially("y" * LETTERS, delay=60)
    whole = f"window.seen.some(([length]) => length === {LETTERS + 1})"
    await watching.wait_for_function(whole)
    seen: list[list[int]] = await watching.evaluate("window.seen")
    typed: list[list[int]] = await typing.evaluate("window.typed")
    return [min(at for length, at in seen if length >= long) - stamp for long, stamp in typed]


async def _move(editor: Editor, number: int) -> None:
    chance = random.Random(number)
    while True:
        editor.nodes[f"n{number + 20}"]["x"] = chance.randrange(2_000)
        await asyncio.sleep(0.2)


async def _drawing(house: House) -> list[Row]:
    """Each adds, moves, names and deletes nodes of a draft, and leaves and comes back eight times meanwhile."""
    workflow = await house.program.publish(drawn(20, 19))
    began = asyncio.get_running_loop().time()
    people = [_Person(number) for number in range(PEOPLE)]
    async with asyncio.TaskGroup() as tasks:
        for person in people:
            tasks.create_task(person.draw(house, workflow))
    taken = asyncio.get_running_loop().time() - began
    async with AsyncExitStack() as all_again:
        for person in people:
            await all_again.enter_async_context(_editor(house, workflow, person.doc))
        async with _editor(house, workflow) as newcomer:
            await newcomer.durable()
            wanted = _content(newcomer.doc)
    lost = sum(len(person.kept - wanted["nodes"].keys()) for person in people)
    differ = sum(_content(person.doc) != wanted for person in people)
    told = f"seed {SEED}; {PEOPLE * EDITS / taken:.0f} edits/s"
    name = f"{PEOPLE} editors, {EDITS:,} random edits each with disconnects"
    return [
        row(f"{name}, nodes lost", lost, "", 0, told),
        row(f"{name}, copies that differ", differ, "", 0, told),
    ]


class _Person:
    """One who draws; `kept` are the nodes that must be there at the end, for nobody else touches them."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.doc: pycrdt.Doc[Any] = pycrdt.Doc()
        self.kept: set[str] = set()
        self._chance = random.Random(SEED * 100 + number)

    async def draw(self, house: House, workflow: str) -> None:
        for visit in range(EDITS // A_VISIT):
            async with _editor(house, workflow, self.doc) as editor:
                for turn in range(A_VISIT // 2):
                    self._edit(editor.nodes, f"p{self.number}_{visit}_{turn}")
                    await asyncio.sleep(0)
            for turn in range(A_VISIT // 2, A_VISIT):  # while away
                self._edit(self.doc.get("nodes", type=pycrdt.Map), f"p{self.number}_{visit}_{turn}")

    def _edit(self, nodes: "pycrdt.Map[Any]", new: str) -> None:
        chance = self._chance.random()
        mine = sorted(self.kept)
        if chance < 0.3 or not mine:
            config: pycrdt.Map[Any] = pycrdt.Map({})
            nodes[new] = pycrdt.Map({"kind": "note", "x": 1, "y": 2, "config": config})
            self.kept.add(new)
        elif chance < 0.4:
            gone = self._chance.choice(mine)
            del nodes[gone]
            self.kept.discard(gone)
        elif chance < 0.7:
            nodes[self._chance.choice(mine)]["x"] = self._chance.randrange(5_000)
        else:  # what everybody touches
            with suppress(KeyError):
                nodes[f"n{self._chance.randrange(1, 20)}"]["name"] = new


def _content(doc: "pycrdt.Doc[Any]") -> dict[str, Any]:
    return {"nodes": doc.get("nodes", type=pycrdt.Map).to_py() or {}}


@asynccontextmanager
async def _editor(house: House, workflow: str, doc: "pycrdt.Doc[Any] | None" = None) -> AsyncIterator[Editor]:
    """Somebody with the draft open, whose copy is the server's; leaving waits until what they drew is stored."""
    url = f"ws://127.0.0.1:{house.instance.port}/api/v1/workflows/{workflow}/draft"
    async with connect(
        url, additional_headers={"Authorization": f"Bearer {house.key}"}, max_size=None
    ) as socket:
        opened = Editor(socket, doc)
        running = asyncio.create_task(opened.run())
        try:
            await opened.until(opened.synced.is_set)
            yield opened
            await opened.durable()
        finally:
            await socket.close()
            await running
