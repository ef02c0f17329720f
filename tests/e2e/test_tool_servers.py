"""The page of tool servers beside a real MCP server: what it offers is read, accepted, and refused when it changes."""

from collections.abc import Callable, Iterator

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from playwright.sync_api import Page, expect

from tests.backend.tool_servers.shop import CALM, EVIL, Shop, open_shop
from tests.e2e.canvas.test_access import serious
from tests.e2e.conftest import keep_screen
from tests.e2e.test_run_view import read

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]


@pytest.fixture
def shop() -> Iterator[tuple[Shop, BlockingPortal]]:
    """The server and the way into its thread: Playwright has the main thread's loop."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(open_shop()) as opened:
        yield opened, portal


def state(page: Page) -> str:
    tools = read(page, "/tool-servers/shop")["tools"]
    return next(tool["state"] for tool in tools if tool["name"] == "price")


def test_a_server_is_added_read_accepted_refused_when_it_changes_and_removed(
    signed_in: Open, shop: tuple[Shop, BlockingPortal]
) -> None:
    server, portal = shop
    page = signed_in("/settings/tool-servers")
    expect(page.get_by_text("No tool servers yet")).to_be_visible()
    page.get_by_role("button", name="Add server").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("shop")
    dialog.get_by_label("Address").fill(server.url.replace("127.0.0.1", "localhost"))
    dialog.get_by_role("button", name="Add and look").click()
    price = page.get_by_role("region", name="shop").locator(".qk-card").filter(has_text="shop__price")
    definition = dialog.get_by_test_id("definition")
    expect(price.get_by_text("new", exact=True)).to_be_visible()
    price.get_by_role("button", name="Review").click()
    expect(definition).to_contain_text(CALM)
    dialog.get_by_text("external", exact=True).click()
    dialog.get_by_text("read", exact=True).click()
    dialog.get_by_role("button", name="Accept").click()
    expect(price.get_by_text("accepted", exact=True)).to_be_visible()
    expect(price.get_by_text("read", exact=True)).to_be_visible()
    expect(price.get_by_text("external", exact=True)).to_have_count(0)
    portal.call(server.change, EVIL)
    page.get_by_role("button", name="Look again").click()
    expect(price.get_by_text("changed", exact=True)).to_be_visible()
    assert not (found := serious(page)), found
    keep_screen(page, "tool-servers")
    price.get_by_role("button", name="Review").click()
    expect(definition).to_contain_text(EVIL)
    for mark, words in (("-", CALM), ("+", EVIL)):
        line = next(one for one in definition.inner_text().splitlines() if words in one)
        assert line.startswith(mark), line
    keep_screen(page, "tool-servers-changed")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert state(page) == "changed", "who only looks accepts nothing"
    price.get_by_role("button", name="Review").click()
    dialog.get_by_role("button", name="Accept").click()
    expect(price.get_by_text("accepted", exact=True)).to_be_visible()
    assert state(page) == "accepted"
    page.get_by_role("button", name="Remove the server").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No tool servers yet")).to_be_visible()
    assert read(page, "/tool-servers")["items"] == []
