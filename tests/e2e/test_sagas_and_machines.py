"""Sagas and state machines as people draw, run and watch them."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import keep_screen
from tests.e2e.editing import STILL, new_workflow, post, pull_wire

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]
SECONDS = 120_000


def code(name: str, title: str, x: int, y: int, source: str, **more: Any) -> dict[str, Any]:
    at = {"position": {"x": x, "y": y}, "parent": "trip"}
    return {"id": name, "kind": "code", "name": title, "config": {"source": source}, **at, **more}


TRIP: dict[str, Any] = {
    "quadrille": 1,
    "name": "Book a trip",
    "nodes": [
        {"id": "start", "kind": "start", "position": {"x": 0, "y": 160}},
        {"id": "trip", "kind": "saga", "name": "Trip", "position": {"x": 300, "y": 0}, "size": [900, 380]},
        code("hotel", "Reserve hotel", 40, 70, "{'hotel': 7}", compensate_with="free"),
        code("free", "Cancel hotel", 40, 240, "{'freed': 7}", retry={"max_attempts": 3}),
        code("card", "Charge card", 330, 70, "{'paid': 5}"),
        code("refund", "Refund card", 330, 240, "{'refunded': 5}"),
        code("flight", "Book flight", 620, 70, "1 / 0"),
    ],
    "wires": [
        {"source": "start", "target": "trip"},
        {"source": "hotel", "target": "card"},
        {"source": "card", "target": "flight"},
    ],
}


def test_a_saga_is_drawn_with_its_compensations_and_its_rollback_is_told_apart(signed_in: Open) -> None:
    page = signed_in("/")
    workflow = new_workflow(page, TRIP)
    page.goto(f"/workflows/{workflow}")
    expect(page.get_by_test_id("undo-hotel>free")).to_be_attached()
    page.get_by_test_id("node-card").click()
    page.get_by_role("tab", name="Behaviour").click()
    page.get_by_test_id("undone-by").click()
    page.get_by_role("option", name="Refund card").click()
    expect(page.get_by_test_id("undo-card>refund")).to_be_attached()
    expect(page.get_by_test_id("node-refund")).to_contain_text("undoes Charge card")
    expect(page.get_by_test_id("inspector")).to_contain_text("1 attempt, no time limit")
    page.get_by_role("button", name="Close the settings").click()
    page.get_by_test_id("node-flight").click()
    page.keyboard.press("Control+d")
    copy = page.get_by_test_id("node-flight_2")
    expect(copy).to_be_visible()
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    drawn = page.request.get(f"/api/v1/workflows/{workflow}/export?format=json").json()
    parents = {node["id"]: node.get("parent") for node in drawn["nodes"]}
    assert parents["flight_2"] == "trip", "a copy stays in the container of its original"
    page.keyboard.press("Delete")
    expect(copy).not_to_be_attached()
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    run = post(page, f"/workflows/{workflow}/runs", {"input": {}, "version": "draft"})["id"]
    page.goto(f"/runs/{run}")
    expect(page.get_by_test_id("run-view")).to_have_attribute("data-status", "failed", timeout=SECONDS)
    for node in ("hotel", "card", "free", "refund", "trip"):
        expect(page.get_by_test_id(f"node-{node}")).to_have_attribute("data-state", "compensated")
    outcome = page.get_by_test_id("rollback")
    expect(outcome).to_have_attribute("data-status", "compensated")
    expect(outcome).to_contain_text("Charge card, Reserve hotel")
    timeline = page.get_by_label("Timeline", exact=True)
    expect(timeline.get_by_role("button", name="Refund card")).to_contain_text("undoes Charge card")
    expect(timeline.locator("[data-undone=undone]")).to_have_count(2)
    keep_screen(page, "run-view-rolled-back")


def test_a_state_machine_is_drawn_run_and_led_on_by_an_event(signed_in: Open) -> None:
    page = signed_in("/")
    ends = [{"id": "start", "kind": "start", "position": {"x": 0, "y": 240}},
            {"id": "output", "kind": "output", "position": {"x": 1240, "y": 240}}]  # fmt: skip
    page.goto(f"/workflows/{new_workflow(page, {'quadrille': 1, 'name': 'Pay by event', 'nodes': ends})}")
    page.get_by_test_id("node-start").wait_for()
    page.get_by_test_id("palette-item-state_machine").click()
    frame = page.get_by_test_id("node-state_machine")
    frame.wait_for()
    page.get_by_role("button", name="Close the settings").click()
    page.emulate_media(reduced_motion="reduce")  # nothing is aimed at that still moves
    page.keyboard.press("Shift+1")
    page.evaluate(STILL)
    for number, part in enumerate((0.25, 0.7)):
        box = frame.bounding_box()
        assert box is not None
        there: Any = {"x": box["width"] * part, "y": box["height"] * 0.35}
        page.get_by_test_id("palette-item-state").drag_to(frame, target_position=there)
        page.get_by_test_id("node-state_2" if number else "node-state").wait_for()
        if number:
            page.locator("[id='f.final']").click()
        page.get_by_role("button", name="Close the settings").click()
    page.get_by_test_id("node-state").click()
    page.locator("[id='f.transitions.0.event']").fill("paid")
    page.locator("[id='f.transitions.0.guard']").fill("event.data.amount > 100")
    page.get_by_role("button", name="Close the settings").click()
    page.evaluate(STILL)
    pull_wire(page, "handle-state-next", "handle-state_2-in")
    expect(page.get_by_test_id("wire-state.next>state_2.in")).to_be_attached()
    page.keyboard.press("Shift+1")  # the settings have moved it while they were open
    page.evaluate(STILL)
    pull_wire(page, "handle-start-out", "handle-state_machine-in")
    pull_wire(page, "handle-state_machine-out", "handle-output-in")
    expect(page.get_by_test_id("wire-state_machine.out>output.in")).to_be_attached()
    page.keyboard.press("Control+Enter")
    page.get_by_test_id("run-start").click()
    expect(page.get_by_test_id("node-state")).to_have_attribute(
        "data-state", "waiting_event", timeout=SECONDS
    )
    keep_screen(page, "editor-machine-waiting")
    page.get_by_test_id("run-link").click()
    for amount, after in ((5, "waiting_event"), (500, "succeeded")):
        page.get_by_test_id("send-event").click()
        page.get_by_label("Data of paid, as JSON").fill(f'{{"amount": {amount}}}')
        page.get_by_role("button", name="Send", exact=True).click()
        page.get_by_role("tab", name="Events").click()
        seen = "state.ignored" if after == "waiting_event" else "state.transition"
        expect(page.locator(".qv-event", has_text=seen)).to_be_visible(timeout=SECONDS)
        expect(page.get_by_test_id("run-view")).to_have_attribute("data-status", after, timeout=SECONDS)
    expect(page.get_by_test_id("node-state_2")).to_have_attribute("data-state", "succeeded")
