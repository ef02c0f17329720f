"""One signed-in browser page for all tests of the canvas; each test draws on a fresh workflow of its own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.canvas.sheet import Sheet
from tests.e2e.instance import Instance
from tests.e2e.owner import owner_page

Open = Callable[..., Sheet]


@pytest.fixture(scope="package")
def canvas_page(instance: Instance, browser: Browser, owner_state: dict[str, Any]) -> Iterator[Page]:
    """The page of the owner; its cache stays warm from test to test."""
    with owner_page(browser, instance, owner_state) as page:
        page.goto("/")
        yield page


@pytest.fixture
def draw(canvas_page: Page) -> Open:
    """Open a workflow of these nodes and wires: `draw(nodes, wires)`."""

    def opened(
        nodes: list[dict[str, Any]], wires: list[dict[str, Any]] | None = None, query: str = ""
    ) -> Sheet:
        canvas_page.evaluate("localStorage.clear()")
        canvas_page.mouse.move(2, 2)
        sheet = Sheet(canvas_page)
        sheet.open({"quadrille": 1, "name": "A sheet", "nodes": nodes, "wires": wires or []}, query)
        return sheet

    return opened
