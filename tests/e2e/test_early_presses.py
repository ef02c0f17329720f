"""What is done on a page that is seen but not yet alive is not lost."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.editing import until

pytestmark = pytest.mark.e2e


@contextmanager
def without_its_script(page: Page, path: str) -> Iterator[None]:
    """The page is seen; its script comes when the block is left, and a slow machine plays it."""
    kept: list[Route] = []
    page.route("**/assets/entry.client-*", lambda route: kept.append(route))
    page.goto(path, wait_until="commit")
    until(page, lambda: bool(kept))  # one that comes later would never be let through
    yield
    slow = page.context.new_cdp_session(page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 6})
    for route in kept:
        route.continue_()


def test_a_button_pressed_before_the_script_has_come_acts_when_it_has(
    signed_in: Callable[..., Page],
) -> None:
    page = signed_in("/runs")
    with without_its_script(page, "/approvals"):
        page.get_by_role("button", name="Mine", exact=True).click()
        page.get_by_role("button", name="Your menu").first.click()
        assert not page.get_by_role("menuitem").count()
    expect(page.get_by_role("menuitem", name="Sign out")).to_be_visible()
    assert "show=" not in page.url, "only the last press counts"


def test_a_choice_made_before_the_script_has_come_counts_when_it_has(
    signed_in: Callable[..., Page],
) -> None:
    page = signed_in("/approvals")
    with without_its_script(page, "/runs"):
        page.get_by_label("Cost", exact=True).select_option("dime")
    expect(page).to_have_url(re.compile(r"[?&]cost=dime"))
    expect(page.get_by_label("Cost", exact=True)).to_have_value("dime")


def test_words_sent_before_the_script_has_come_are_looked_for_when_it_has(
    signed_in: Callable[..., Page],
) -> None:
    page = signed_in("/approvals")
    with without_its_script(page, "/runs"):
        find = page.get_by_label("Find runs")
        find.fill("invoice")
        find.press("Enter")
        assert page.evaluate("location.search") == "", "the browser does not send it by itself"
    expect(page).to_have_url(re.compile(r"[?&]text=invoice"))
    expect(page.get_by_label("Find runs")).to_have_value("invoice")


def test_a_switch_thrown_before_the_script_has_come_is_thrown_once_when_it_has(
    signed_in: Callable[..., Page],
) -> None:
    page = signed_in("/approvals")
    with without_its_script(page, "/agents"):
        page.get_by_role("switch", name="Show terminated").click()
    expect(page.get_by_role("switch", name="Show terminated")).to_be_checked()
