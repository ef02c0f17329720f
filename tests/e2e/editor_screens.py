"""The editor in twelve states, as pictures for people to look at: `python -m tests.e2e.editor_screens [FOLDER]`.

Starts an instance of its own; URL and STATE (what `storage_state` gave) name a running one instead. The pictures that are
kept stand in docs/screens.
"""

import itertools
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.canvas.sheet import Sheet, node, wire
from tests.e2e.conftest import CHROMIUM, CHROMIUM_FLAGS, OWNER
from tests.e2e.editing import ASKING, new_workflow
from tests.e2e.instance import Instance
from tests.servers import ROOT

FIELDS = {"fields": [{"name": "total", "value": "{{ input.amount }}"}]}
KINDS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("set_fields", "Total", FIELDS),
    ("condition", "Over the limit?", {"rules": {"rows": [{"field": "input.amount", "operator": "greater", "value": 9}]}}),
    ("code", "Clean the rows", {"source": "[row for row in input if row]"}),
    ("http_request", "Ask the CRM", {"url": "https://crm.example.com/customers"}),
    ("wait", "Let it settle", {"duration": 30}),
    ("human_approval", "Finance decides", {"title": "Pay {{ input.amount }}?"}),
    ("chat_model", "Draft an answer", {"prompt": "Answer {{ input.text }}"}),
)  # fmt: skip


def many(count: int, wide: int) -> dict[str, Any]:
    """Rows of steps as people draw them, each wired to the next."""
    nodes, wires = [node("start", "start", name="Request")], list[dict[str, Any]]()
    for number in range(1, count):
        kind, name, config = KINDS[number % len(KINDS)]
        at = {"x": number % wide * 320, "y": number // wide * 200}
        nodes.append(node(f"n{number}", kind, name=f"{name} {number}", config=config, **at))
    for before, after in itertools.pairwise(nodes):
        if after["position"]["x"]:
            port = {"condition": "yes", "human_approval": "approved"}.get(before["kind"], "out")
            wires.append(wire(before["id"], after["id"], port))
    return {"quadrille": 1, "name": f"{count} steps", "nodes": nodes, "wires": wires}


def broken() -> dict[str, Any]:
    """One of everything that can be wrong with a node."""
    nodes = [
        node("start", "start", name="Request"),
        node("old", "crm_lookup", x=320, name="Look up the customer", config={"field": "e-mail"}),
        node("get", "http_request", x=640, name="Ask the shop", config={"url": "https://shop.example.com", "secret": "shop_key"}),
        node("say", "set_fields", x=640, y=200, name="Answer", config={"fields": [{"name": "text", "value": "{{ nodes.gone.text }}"}]}),
        node("done", "output", x=960, name="Done"),
    ]  # fmt: skip
    wires = [wire("start", "old"), wire("old", "get"), wire("old", "say"), wire("get", "done")]
    return {"quadrille": 1, "name": "Orders of the shop", "nodes": nodes, "wires": wires}


def failing() -> dict[str, Any]:
    """A run of it fails in its third step."""
    nodes = [
        node("start", "start", name="Request"),
        node(
            "total", "set_fields", x=320, name="Total", config={"fields": [{"name": "amount", "value": "12"}]}
        ),
        node("divide", "code", x=640, name="Share among all", config={"source": "12 / 0"}),
        node("done", "output", x=960, name="Answer"),
    ]
    wires = [wire("start", "total"), wire("total", "divide"), wire("divide", "done")]
    return {"quadrille": 1, "name": "Shares", "nodes": nodes, "wires": wires}


def slow() -> dict[str, Any]:
    """A run of it is at work long enough to be looked at."""
    found = json.loads(json.dumps(ASKING))
    next(one for one in found["nodes"] if one["id"] == "pause")["config"] = {"duration": 60}
    return found


def drawn(page: Page, diagram: dict[str, Any], *, narrow: bool = False) -> Sheet:
    """An editor of this diagram, ready."""
    sheet = Sheet(page)
    if narrow:
        sheet.workflow = new_workflow(page, diagram)
        page.goto(f"/workflows/{sheet.workflow}")
        page.get_by_test_id("outline").wait_for()
    else:
        sheet.open(diagram)
    page.wait_for_load_state("networkidle")
    return sheet


def empty(page: Page) -> None:
    drawn(page, {"quadrille": 1, "name": "Untitled", "nodes": [], "wires": []})


def five(page: Page) -> None:
    drawn(page, ASKING)


def hundred(page: Page) -> None:
    drawn(page, many(100, 10))


def thousand(page: Page) -> None:
    drawn(page, many(1000, 40)).press("Shift+1")
    page.wait_for_timeout(600)


def running(page: Page) -> None:
    sheet = drawn(page, slow())
    sheet.press("Control+Enter")
    page.get_by_label("What is asked").fill("A pen")
    sheet.by_id("run-start").click()
    expect(sheet.node("pause")).to_have_attribute("data-state", "waiting_time", timeout=120_000)


def failed(page: Page) -> None:
    sheet = drawn(page, failing())
    sheet.press("Control+Enter")
    sheet.by_id("run-start").click()
    expect(sheet.node("divide")).to_have_attribute("data-state", "failed", timeout=120_000)
    sheet.node("divide").hover()


def compared(page: Page) -> None:
    sheet = drawn(page, ASKING)
    sheet.press("Shift+P")
    sheet.by_id("publish-confirm").click()
    expect(sheet.by_id("dialog-publish")).to_have_count(0)
    sheet.click_node("pause")
    sheet.press("Delete", "Escape")
    sheet.click_node("check")
    sheet.by_id("inspector-name").fill("Over 500?")
    sheet.press("Enter", "Escape", "Escape")
    sheet.by_id("palette-item-set_fields").click()
    sheet.press("Escape", "Escape")
    sheet.by_id("unpublished").click()
    expect(sheet.by_id("change-count")).to_be_visible()
    sheet.press("j")


def comments(page: Page) -> None:
    sheet = drawn(page, ASKING)
    sheet.click_node("check")
    page.get_by_role("button", name="Close the settings").click()
    sheet.press("Alt+c")
    page.get_by_label("Comment", exact=True).fill(f"Is 100 still the limit, @{OWNER['name']}?")
    sheet.press("Control+Enter")
    sheet.by_id("comment").click()
    sheet.by_id("reply").click()
    page.get_by_label("Reply", exact=True).fill("It is 250 since May.")
    sheet.press("Control+Enter")
    expect(sheet.by_id("said")).to_have_count(2)


def outline(page: Page) -> None:
    drawn(page, ASKING, narrow=True)


def palette(page: Page) -> None:
    sheet = drawn(page, ASKING)
    sheet.press("Control+k")
    page.get_by_role("combobox").fill("ali")


def problems(page: Page) -> None:
    sheet = drawn(page, broken())
    expect(sheet.by_id("problems")).to_contain_text("problems")
    sheet.by_id("problems").click()


STATES: tuple[tuple[str, Callable[[Page], None], bool, bool], ...] = (
    ("empty", empty, False, False), ("5", five, False, False), ("100", hundred, False, False),
    ("1000", thousand, False, False), ("dark", running, True, False), ("running", running, False, False),
    ("failed", failed, False, False), ("compare", compared, False, False), ("comments", comments, False, False),
    ("outline-phone", outline, False, True), ("palette", palette, False, False), ("problems", problems, False, False),
)  # fmt: skip
"""Its name, how it comes to be, whether it is dark, and whether it is a phone."""


@contextmanager
def somewhere(browser: Browser) -> Iterator[tuple[str, dict[str, Any]]]:
    """The address of an instance and the cookies of its owner."""
    if os.environ.get("URL"):
        yield os.environ["URL"], json.loads(Path(os.environ["STATE"]).read_text())
        return
    with tempfile.TemporaryDirectory() as folder:
        running_ = Instance(Path(folder) / "data")
        try:
            running_.start()
            page = browser.new_page()
            page.goto(running_.owner_link)
            for label in ("Your name", "E-mail", "Password"):
                value = OWNER[{"Your name": "name"}.get(label, label.lower().replace("-", ""))]
                page.get_by_label(label, exact=True).fill(value)
            page.get_by_role("button", name="Create account").click()
            page.wait_for_url(running_.url + "/")
            yield running_.url, dict(page.context.storage_state())
        finally:
            running_.stop()


def main(folder: Path) -> None:
    """Draw every state, or those whose names are in ONLY."""
    only = os.environ.get("ONLY", "").split()
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        with somewhere(browser) as (url, cookies):
            for name, come, dark, phone in STATES:
                if only and name not in only:
                    continue
                size = {"width": 390, "height": 844} if phone else {"width": 1400, "height": 900}
                context = browser.new_context(
                    base_url=url,
                    storage_state=cookies,  # pyright: ignore[reportArgumentType] - what storage_state() gave
                    viewport=size,  # pyright: ignore[reportArgumentType]
                    color_scheme="dark" if dark else "light",
                )
                context.set_default_timeout(60_000)
                page = context.new_page()
                page.goto("/")
                come(page)
                page.wait_for_timeout(500)
                page.screenshot(path=folder / f"editor-{name}.png")
                context.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screens")
