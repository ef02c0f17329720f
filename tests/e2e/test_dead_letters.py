"""What was given up is found, tried anew, and at last put in order by hand, as people do it."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import keep_screen
from tests.e2e.editing import new_workflow, post
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


SHIPPING: dict[str, Any] = {
    "quadrille": 1,
    "name": "Ship what is ordered",
    "nodes": [
        {
            "id": "start",
            "kind": "start",
            "config": {
                "fields": [{"name": "pieces", "type": "number", "required": True}],
                "events": [{"topic": "order.placed"}],
            },
        },
        {"id": "end", "kind": "output", "at": [320, 0]},
    ],
    "wires": [{"from": "start", "to": "end"}],
}
BEGUN = """([workflow, until]) => new Promise((done, fail) => {
    const ask = async () => {
        const { items } = await (await fetch(`/api/v1/runs?workflow=${workflow}`)).json();
        if (items.some((run) => run.status === "succeeded")) done(items.map((run) => run.id));
        else if (Date.now() > until) fail(new Error(`No run of it has succeeded: ${JSON.stringify(items)}`));
        else setTimeout(ask, 100);
    };
    ask();
})"""


def test_R52_a_letter_is_redriven_with_another_input(signed_in: Open) -> None:
    """An event that no run could begin with: its data are mended by hand, and a run begins with them."""
    page = signed_in("/")
    workflow = new_workflow(page, SHIPPING)
    post(page, f"/workflows/{workflow}/publish", {})
    post(page, "/events", {"topic": "order.placed", "key": "A-1", "payload": {"lamps": 1}})
    page.goto("/dead-letters?reason=event")
    page.get_by_role("link", name=SHIPPING["name"]).click(timeout=SECONDS)
    expect(page.get_by_role("heading", name="An event or a time could not begin a run")).to_be_visible()
    letter = page.url.rpartition("/")[2]
    page.get_by_role("button", name="Edit and redrive").click()
    dialog = page.get_by_role("dialog")
    typed = dialog.get_by_label("Input, as JSON")
    expect(typed).to_have_value(re.compile('"lamps": 1'))
    keep_screen(page, "dead-letter-edit")
    typed.fill('{"pieces": ')
    dialog.get_by_role("button", name="Redrive").click()
    expect(dialog.get_by_role("alert")).to_contain_text("The input is not JSON.")
    assert read(page, f"/dead-letters/{letter}")["status"] == "open"
    expect(typed).to_have_value('{"pieces": ')
    typed.fill('{"pieces": 3}')
    dialog.get_by_role("button", name="Redrive").click()
    expect(page).to_have_url(re.compile("/dead-letters$"))
    (run,) = page.evaluate(BEGUN, [workflow, time.time() * 1000 + SECONDS])
    assert read(page, f"/runs/{run}")["input"] == {"pieces": 3}
    assert read(page, f"/dead-letters/{letter}")["status"] == "redriven"


def test_a_letter_is_redriven_from_the_list_and_discarded_on_its_page(signed_in: Open) -> None:
    page = signed_in("/")
    run_id = start(page, BOOKING, {})
    page.goto(f"/runs/{run_id}")
    page.get_by_role("link", name="Dead letter", exact=True).click(timeout=SECONDS)
    expect(page.get_by_role("heading", name="A step could not be undone")).to_be_visible()
    page.goto(f"/dead-letters?text={run_id}")  # others of this instance may be there, too
    page.get_by_label("Choose this letter").click()
    page.get_by_label("How fast they begin").select_option("10 a minute")
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
