"""A workflow that takes orders, for the tests of the panel and of trials."""

import re
from typing import Any

from playwright.sync_api import expect

from tests.e2e.canvas.sheet import Sheet, node, wire
from tests.e2e.editing import post

SLOW = 120_000  # milliseconds that a slow machine may take to play or to try something


def fields(node_id: str, x: float, y: float = 0, *, keep: bool = False, **values: str) -> dict[str, Any]:
    """A node that gives these values."""
    rows = [{"name": name, "value": value} for name, value in values.items()]
    return node(node_id, "set_fields", x, y, config={"fields": rows, "keep_input": keep})


def order() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """start → price → check (yes → big, no → small); with rows beside, a list."""
    check = {"by": "expression", "expression": "nodes.price.total > 10"}
    form = {"fields": [{"name": "amount", "type": "number"}, {"name": "who", "type": "text"}]}
    nodes = [
        node("start", "start", 0, 0, config=form),
        fields(
            "price",
            300,
            total="{{ input.amount * 2 }}",
            who="{{ input.who }}",
            items="{{ [{'n': 1}, {'n': 2}, {'n': 3}] }}",
        )
        | {"name": "Price"},
        node("check", "condition", 600, 0, config=check),
        fields("big", 900, -80, word="big {{ nodes.price.total }}"),
        fields("small", 900, 120, word="small"),
    ]
    wires = [
        wire("start", "price"),
        wire("price", "check"),
        wire("check", "big", "yes"),
        wire("check", "small", "no"),
    ]
    return nodes, wires


def ran(sheet: Sheet, **given: Any) -> str:
    """Run the draft to its end with this input and wait until the editor has its data; the run's id."""
    page = sheet.page
    body = {"input": given, "version": "draft"}
    run = post(page, f"/workflows/{sheet.workflow}/runs?wait=60", body)
    assert run["status"] == "succeeded", run
    page.reload(wait_until="commit")
    sheet.ready("start")
    expect(page.locator(".qe-travel").first).to_be_visible(timeout=SLOW)
    return run["id"]


def steps_of(sheet: Sheet) -> set[str]:
    """The nodes that the run in the strip has played, once it has succeeded."""
    expect(sheet.by_id("run-strip")).to_have_attribute("data-state", "succeeded", timeout=120_000)
    found = sheet.page.locator("[data-state=succeeded][data-kind]").evaluate_all(
        "all => all.map(one => one.dataset.testid)"
    )
    return {re.sub("^node-", "", one) for one in found}


def open_panel(sheet: Sheet, node_id: str, tab: str = "") -> None:
    """Open a node's panel, at one of its tabs."""
    sheet.click_node(node_id)
    expect(sheet.by_id("inspector").locator("small code")).to_have_text(node_id)
    if tab:
        sheet.by_id("inspector").get_by_role("tab", name=tab).click()
