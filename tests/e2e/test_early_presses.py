"""What is pressed on a page that is seen but not yet alive is not lost."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = pytest.mark.e2e


def test_a_button_pressed_before_the_script_has_come_acts_when_it_has(
    signed_in: Callable[..., Page],
) -> None:
    page = signed_in("/runs")
    kept: list[Route] = []
    page.route("**/assets/entry.client-*", lambda route: kept.append(route))
    page.goto("/approvals", wait_until="commit")
    page.get_by_role("button", name="Mine", exact=True).click()
    page.get_by_role("button", name="Your menu").first.click()
    assert not page.get_by_role("menuitem").count()
    for route in kept:
        route.continue_()
    expect(page.get_by_role("menuitem", name="Sign out")).to_be_visible()
    assert "show=" not in page.url, "only the last press counts"
