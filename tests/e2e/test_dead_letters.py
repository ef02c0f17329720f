"""What was given up is found, tried anew, and at last put in order by hand, as people do it."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import keep_screen
from tests.e2e.test_run_view import SECONDS, read, start

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]
BOOKING: dict[str, Any] = {
    "quadrille": 1,
    "name": "Book a trip",
    "nodes": [
        {"id": "start", "kind": "start", "name": "Trip", "at": [0, 0]},
        {"id": "trip", "kind": "saga", "name": "All or nothing", "at": [300, 0]},
        {
            "id": "hotel",
            "kind": "code",
            "name": "Book the hotel",
            "parent": "trip",
            "config": {"source": "1"},
            "compensate_with": "leave",
        },
        {
            "id": "leave",
            "kind": "code",
            "name": "Unbook the hotel",
            "parent": "trip",
            "config": {"source": "1 / 0"},
        },
        {
            "id": "flight",
            "kind": "code",
            "name": "Book the flight",
            "parent": "trip",
            "config": {"source": "1 / 0"},
        },
        {"id": "end", "kind": "output", "name": "Booked", "at": [900, 0]},
    ],
    "wires": [
        {"from": "start", "to": "trip"},
        {"from": "trip", "to": "end"},
        {"from": "hotel", "to": "flight"},
    ],
}


def test_a_letter_is_redriven_from_the_list_and_discarded_on_its_page(signed_in: Open) -> None:
    page = signed_in("/")
    run_id = start(page, BOOKING, {})
    page.goto(f"/runs/{run_id}")
    page.get_by_role("link", name="Dead letter", exact=True).click(timeout=SECONDS)
    expect(page.get_by_role("heading", name="A step could not be undone")).to_be_visible()
    page.goto(f"/dead-letters?text={run_id}")  # others of this instance may be there, too
    page.get_by_label("Choose this letter").click()
    page.get_by_role("button", name="Redrive", exact=True).click()
    keep_screen(page, "dead-letters-sure")
    page.get_by_role("alertdialog").get_by_role("button", name="Redrive").click()
    expect(page.get_by_text("1 redriven.")).to_be_visible()
    # It fails once more, and is a letter again.
    expect(page.get_by_label("Choose this letter")).to_be_visible(timeout=SECONDS)
    keep_screen(page, "dead-letters")
    page.get_by_role("link", name="Book a trip").click()
    page.get_by_role("button", name="Discard", exact=True).click()
    page.get_by_label("Why, for those who look later").fill("Unbooked by phone.")
    page.get_by_role("dialog").get_by_role("button", name="Discard").click()
    expect(page.get_by_text("Unbooked by phone.")).to_be_visible()
    page.get_by_role("link", name="Book a trip").click()
    view = page.get_by_test_id("run-view")
    expect(view).to_have_attribute("data-status", "failed", timeout=SECONDS)
    assert read(page, f"/runs/{run_id}")["error"]["skipped"] == ["hotel"]
