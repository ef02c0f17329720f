"""The editor's canvas in headless Chromium without a graphics card: frames under the hand, opening, panels, weight."""

import gzip
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, CDPSession, Page, Response, async_playwright

from backend.workflows.diagram import Diagram, Node, Position, Wire
from tests.bench._instance import House, standing_house
from tests.bench._rows import Row, row
from tests.e2e.conftest import CHROMIUM_FLAGS, OWNER

FRAMES, SLOWER, PANELS, WIDE = 120, 4, 9, 20
SIZES = {300: 400, 1_000: 1_300, 5_000: 6_500}
_OPENS = {300: None, 1_000: 1.5, 5_000: 5.0}
_MEDIANS = {(300, "drag"): 17, (300, "pan"): 17, (300, "zoom"): 17, (1_000, "drag"): 17, (5_000, "pan"): 34}
_SLOW_MEDIANS = {(300, "drag"): 34, (300, "pan"): 34, (300, "zoom"): 34, (1_000, "drag"): 34}
_GESTURES, _PANEL = (
    Path(__file__).with_name(f"canvas_{name}.js").read_text() for name in ("gestures", "panel")
)


# However slow the machine is: what was asked for before the canvas was opened.
_NOTES_WHEN_IT_OPENED = """new MutationObserver((_, own) => {
  if (!document.querySelector('[data-testid=canvas][data-opened=true]')) return;
  window.openedAt = performance.now();
  own.disconnect();
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-opened'] })"""
_ASKED_FOR_BEFORE = "performance.getEntriesByType('resource').filter((one) => one.startTime < window.openedAt).map((one) => one.name)"


async def rows() -> list[Row]:
    """Each diagram in a page of its own, the small one first."""
    async with standing_house() as house, signed_in(house) as context:
        found = [await _weight(house, context)]
        for nodes, wires in SIZES.items():
            workflow = await house.program.publish(drawn(nodes, wires))
            found += await _of(context, f"/workflows/{workflow}", nodes)
        return found


def drawn(nodes: int, wires: int) -> Diagram:
    """Rows of twenty nodes, each wired to the next, and what wires are left lead across to the row below."""
    side = [(n, n + 1) for n in range(nodes - 1) if (n + 1) % WIDE]
    across = [(n, n + WIDE) for n in range(nodes - WIDE)]
    ends = (side + across)[:wires]
    made = [_node(n) for n in range(nodes)]
    joined = [Wire(source=made[a].id, target=made[b].id) for a, b in ends]
    return Diagram(name=f"{nodes} nodes", nodes=tuple(made), wires=tuple(joined))


def _node(number: int) -> Node:
    at = Position(x=number % WIDE * 320, y=number // WIDE * 160)
    if number == 0:
        return Node(id="start", kind="start", position=at)
    fields = [{"name": "a", "value": f"value {number}"}]
    return Node(id=f"n{number}", kind="set_fields", position=at, config={"fields": fields})


@asynccontextmanager
async def signed_in(house: House) -> AsyncIterator[BrowserContext]:
    async with async_playwright() as playwright:
        browser: Browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS
        )
        context = await browser.new_context(
            base_url=house.instance.url, viewport={"width": 1400, "height": 900}
        )
        context.set_default_timeout(60_000)
        page = await context.new_page()
        await page.goto("/sign-in")
        await page.get_by_label("E-mail").fill(OWNER["email"])
        await page.get_by_label("Password", exact=True).fill(OWNER["password"])
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await page.wait_for_url(house.instance.url + "/")
        await page.close()
        yield context
        await browser.close()


async def _weight(house: House, context: BrowserContext) -> Row:
    """The scripts that a browser with an empty cache loads until the editor stands, each compressed by itself."""
    workflow = await house.program.publish(drawn(2, 1))
    page = await context.new_page()
    scripts: dict[str, Response] = {}
    page.on("response", lambda got: scripts.update({got.url: got}) if _is_script(got) else None)
    await page.add_init_script(_NOTES_WHEN_IT_OPENED)
    await page.goto(f"/workflows/{workflow}")
    await stands(page)
    await page.wait_for_timeout(
        5_000
    )  # what comes later is not asked for by anything that could be waited for
    before = set(await page.evaluate(_ASKED_FOR_BEFORE))
    until = {url: await _compressed(got) for url, got in scripts.items() if url in before}
    later = {url: await _compressed(got) for url, got in scripts.items() if url not in before}
    await page.close()
    told = (
        f"{len(until)} files, gzip; {sum(later.values()) / 1024:.0f} KB come when nothing else is to be done"
    )
    return row("JavaScript until the editor stands, compressed", sum(until.values()) / 1024, "KB", 450, told)


async def _compressed(got: Response) -> int:
    return len(gzip.compress(await got.body(), 9))


def _is_script(got: Response) -> bool:
    return got.request.resource_type == "script" or got.url.split("?")[0].endswith(".js")


async def _of(context: BrowserContext, path: str, nodes: int) -> list[Row]:
    name = f"canvas of {nodes:,} nodes"
    page = await context.new_page()
    began = time.perf_counter()
    await page.goto(path, wait_until="commit")
    await stands(page)
    opened = time.perf_counter() - began
    found = [row(f"{name}, open", opened, "s", _OPENS[nodes], "a warm cache; until it can be edited")]
    found += await _frames(page, name, nodes)
    if nodes == min(SIZES):
        found.append(await _panel(page, name))
    await page.close()
    return found


async def stands(page: Page) -> None:
    await page.locator("[data-testid=canvas][data-opened=true]").wait_for()
    await page.locator("[data-testid=save-state][data-state=saved]").wait_for()


async def _frames(page: Page, name: str, nodes: int) -> list[Row]:
    """At 66 % first, and then the same for a processor of a quarter of the speed."""
    slow: CDPSession = await page.context.new_cdp_session(page)
    found: list[Row] = []
    for gesture in ("drag", "pan", "zoom"):
        quick = await _spent(page, gesture)
        await slow.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        slowed = await _spent(page, gesture)
        await slow.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        told = f"p95 {quick[int(len(quick) * 0.95)]:.0f} ms"
        limit, slow_limit = _MEDIANS.get((nodes, gesture)), _SLOW_MEDIANS.get((nodes, gesture))
        found += [
            row(f"{name}, {gesture}, median frame", statistics.median(quick), "ms", limit, told),
            row(
                f"{name}, {gesture}, median frame",
                statistics.median(slowed),
                "ms",
                slow_limit,
                "4 times slower",
            ),
        ]
    return found


async def _spent(page: Page, gesture: str) -> list[float]:
    """The milliseconds of each frame, sorted; fails where the gesture moved nothing."""
    got = await page.evaluate(_GESTURES, {"gesture": gesture, "frames": FRAMES})
    assert got["moved"], gesture
    return sorted(got["spent"])


async def _panel(page: Page, name: str) -> Row:
    """From the click on a node until its panel is painted, one node after another."""
    taken: list[float] = []
    for number in range(PANELS):
        taken.append(await page.evaluate(_PANEL, number))
        await page.keyboard.press("Escape")
        await page.keyboard.press("Escape")
        await page.get_by_test_id("inspector").wait_for(state="detached")
    worst = f"the slowest of {PANELS}: {max(taken):.0f} ms"
    return row(f"{name}, open the panel of a node", statistics.median(taken), "ms", 150, worst)
