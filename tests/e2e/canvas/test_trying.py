"""Trying a draft: parts of it, pins, mocks, what is out of date, past runs, and what went along the wires."""

import json

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.canvas.conftest import Open
from tests.e2e.canvas.orders import SLOW, fields, open_panel, order, ran, steps_of
from tests.e2e.canvas.sheet import Sheet, node, wire
from tests.e2e.editing import until

pytestmark = pytest.mark.e2e


def play(sheet: Sheet, node_id: str, how: str) -> None:
    """By the button that shows when the pointer is over a node."""
    if sheet.by_id("run-strip").count():  # so that the next one there is the one that this begins
        sheet.page.get_by_label("Close the run").click()
        expect(sheet.by_id("run-strip")).to_have_count(0)
    if sheet.by_id("inspector").count():
        sheet.page.get_by_label("Close the settings").click()
    sheet.node(node_id).hover()
    sheet.by_id(f"play-{node_id}").click()
    sheet.by_id(f"try-{how}").click()


def drawn(sheet: Sheet, node_id: str) -> dict[str, object]:
    """A node of the draft as the server has it."""
    expect(sheet.by_id("save-state")).to_have_attribute("data-state", "saved")
    found = sheet.page.request.get(f"/api/v1/workflows/{sheet.workflow}/draft.json").json()
    return next(one for one in found["nodes"] if one["id"] == node_id)


def test_C70_a_node_runs_alone_up_to_it_or_from_it_on(draw: Open) -> None:
    sheet = draw(*order())
    page = sheet.page
    play(sheet, "check", "node")
    dialog = sheet.by_id("dialog-trial")
    expect(dialog).to_contain_text("Price gives, as JSON", timeout=SLOW)
    dialog.get_by_label("Output of Price").fill('{"total": 30}')
    sheet.by_id("trial-start").click()
    assert steps_of(sheet) >= {"check"}
    assert not steps_of(sheet) & {"big", "small"}
    ran(sheet, amount=10, who="Ada")
    play(sheet, "small", "node")
    assert "small" in steps_of(sheet)
    assert "big" not in steps_of(sheet)
    page.get_by_label("Close the run").click()
    play(sheet, "check", "to")
    assert steps_of(sheet) == {"start", "price", "check"}
    page.get_by_label("Close the run").click()
    play(sheet, "check", "from")
    assert steps_of(sheet) >= {"check", "big"}
    page.get_by_label("Close the run").click()
    sheet.click_node("price")
    sheet.expect_selected("price")
    sheet.press("Shift+Enter")
    assert "price" in steps_of(sheet)
    assert "check" not in steps_of(sheet)
    page.get_by_label("Close the run").click()
    sheet = draw(
        [node("start", "start"), node("pause", "wait", 300, config={"duration": 600})],
        [wire("start", "pause")],
    )
    sheet.press("Control+Enter")
    expect(sheet.by_id("dialog-run")).to_be_visible()
    sheet.press("Control+Enter")
    expect(sheet.node("pause")).to_have_attribute("data-state", "waiting_time", timeout=120_000)
    sheet.press("Control+Enter")
    expect(sheet.by_id("run-strip")).to_have_attribute("data-state", "cancelled", timeout=120_000)


def test_C71_a_pin_freezes_what_a_node_gives_in_tests_alone(draw: Open) -> None:
    sheet = draw(*order())
    page = sheet.page
    ran(sheet, amount=10, who="Ada")
    sheet.click_node("check")
    sheet.press("p")
    found = drawn(sheet, "check")
    assert found["pinned"] is not None
    open_panel(sheet, "check", "Output")
    expect(sheet.by_id("pin-banner")).to_contain_text("used in tests, ignored in production")
    sheet.by_id("pin-edit").click()
    page.get_by_label("Pinned output").fill('{"mine": true}')
    page.get_by_label("It leaves by").click()
    page.get_by_role("option", name="no").click()
    found = drawn(sheet, "check")
    assert (found["pinned"], found["pinned_port"]) == ({"mine": True}, "no")
    assert (
        sheet.page.request.get(f"/api/v1/workflows/{sheet.workflow}/export").text().count("pinned_port: ")
        == 1
    )
    play(sheet, "check", "from")
    assert "small" in steps_of(sheet)
    assert "big" not in steps_of(sheet)
    page.get_by_label("Close the run").click()
    sheet.undo()
    sheet.press("Escape")
    for one in ("price", "check"):
        sheet.click_node(one, hold="Control")
    sheet.by_id("selection-pin").click()
    expect(page.locator(".qc-badge[data-tone=pin]")).to_have_count(2)
    sheet.by_id("more").click()
    sheet.by_id("unpin-all").click()
    expect(page.locator(".qc-badge[data-tone=pin]")).to_have_count(0)
    sheet.undo()
    expect(page.locator(".qc-badge[data-tone=pin]")).to_have_count(2)


def dirty(sheet: Sheet, *ids: str) -> None:
    """Assert that exactly these nodes show old data."""
    for one in ids:
        expect(sheet.node(one).and_(sheet.page.locator("[data-dirty]"))).to_be_attached(timeout=SLOW)
    expect(sheet.page.locator("[data-dirty][data-kind]")).to_have_count(len(ids), timeout=SLOW)


def test_C72_what_has_changed_since_its_last_data_turns_amber_and_says_why(draw: Open) -> None:
    sheet = draw(*order())
    page = sheet.page
    ran(sheet, amount=10, who="Ada")
    dirty(sheet)
    open_panel(sheet, "check")
    page.locator('[id="f.expression"]').fill("nodes.price.total > 11")
    dirty(sheet, "check", "big")
    expect(sheet.node("check")).to_have_attribute("data-dirty", "Its settings have changed.", timeout=SLOW)
    expect(sheet.node("big")).to_have_attribute(
        "data-dirty", "“Condition” before it has changed.", timeout=SLOW
    )
    play(sheet, "check", "from")
    assert "big" in steps_of(sheet)
    dirty(sheet)
    page.get_by_label("Close the run").click()
    sheet.click_node("price")
    sheet.press("d")
    dirty(sheet, "price", "check", "big")
    sheet.undo()
    dirty(sheet)
    sheet.press("Delete")
    dirty(sheet, "check", "big")
    expect(sheet.node("check")).to_have_attribute("data-dirty", "What leads to it has changed.", timeout=SLOW)


def test_C73_a_past_run_is_copied_to_the_editor(draw: Open) -> None:
    sheet = draw(*order())
    page = sheet.page
    first = ran(sheet, amount=10, who="Ada")
    ran(sheet, amount=1, who="Bob")
    open_panel(sheet, "check")
    expect(sheet.by_id("preview-expression")).to_have_text("= false", timeout=SLOW)
    sheet.by_id("more").click()
    sheet.by_id("past-run").click()
    sheet.by_id(f"past-{first}").click()
    expect(sheet.by_id("preview-expression")).to_have_text("= true", timeout=SLOW)
    expect(sheet.node("big")).to_have_attribute("data-state", "succeeded", timeout=SLOW)
    play(sheet, "big", "node")
    assert "big" in steps_of(sheet)
    page.goto(f"/runs/{first}")
    page.get_by_role("link", name="Open in the editor").click()
    sheet.ready("start")
    expect(sheet.node("big")).to_have_attribute("data-state", "succeeded", timeout=SLOW)


def test_C74_wires_tell_how_much_went_along_them_and_what(draw: Open) -> None:
    sheet = draw(*order())
    ran(sheet, amount=10, who="Ada")
    expect(sheet.by_id("count-check.yes>big.in")).to_have_text("1\u00d7")
    expect(sheet.by_id("count-check.no>small.in")).to_have_count(0)
    count = sheet.by_id("count-price.out>check.in")
    count.hover()  # the wire's own buttons must not come over it
    expect(sheet.page.locator(".qe-wire-tools")).to_have_count(0)
    count.click()
    expect(sheet.by_id("travelled")).to_contain_text("total")
    expect(sheet.by_id("travelled")).to_contain_text("20")
    sheet.press("Escape")
    expect(sheet.by_id("travelled")).to_have_count(0)


def test_C75_a_mock_plays_instead_of_a_node(draw: Open) -> None:
    chat = {"model": "openai:gpt-4.1", "prompt": "Hello {{ input.who }}"}
    nodes = [
        node("start", "start"),
        node("ask", "chat_model", 300, config=chat),
        fields("say", 600, it="{{ nodes.ask.text }}!"),
    ]
    sheet = draw(nodes, [wire("start", "ask"), wire("ask", "say")])
    page = sheet.page
    open_panel(sheet, "ask", "Behaviour")
    sheet.by_id("mock").click()
    page.get_by_role("option", name="A scripted model").click()
    page.get_by_label("Script of the model").fill("turns:\n  - say: Good day\n")
    badges = sheet.node("ask").locator(".qc-badge", has_text="mock")
    expect(badges).to_be_visible()
    assert drawn(sheet, "ask")["mock"]["source"] == "model"  # pyright: ignore[reportIndexIssue]
    play(sheet, "say", "to")
    steps_of(sheet)
    page.get_by_label("Close the run").click()
    open_panel(sheet, "say", "Output")
    expect(sheet.by_id("pane-output")).to_contain_text("Good day!", timeout=SLOW)
    open_panel(sheet, "ask", "Behaviour")
    sheet.by_id("mock").click()
    page.get_by_role("option", name="What it gave last").click()
    play(sheet, "say", "to")
    steps_of(sheet)
    page.get_by_label("Close the run").click()
    open_panel(sheet, "ask", "Behaviour")
    sheet.by_id("mock").click()
    page.get_by_role("option", name="A fixed value").click()
    page.get_by_label("Output of the mock").fill(json.dumps({"text": "Fixed"}))
    play(sheet, "say", "to")
    steps_of(sheet)
    page.get_by_label("Close the run").click()
    open_panel(sheet, "say", "Output")
    expect(sheet.by_id("pane-output")).to_contain_text("Fixed!", timeout=SLOW)


def test_C70_a_trial_asked_for_again_before_the_server_has_answered_begins_once(draw: Open) -> None:
    sheet = draw([node("start", "start"), node("pause", x=300)], [wire("start", "pause")])
    page, kept = sheet.page, list[Route]()
    page.route("**/api/v1/workflows/*/trials", lambda route: kept.append(route))
    sheet.click_node("pause")
    sheet.expect_selected("pause")
    sheet.press("Shift+Enter", "Shift+Enter")
    until(page, lambda: bool(kept))
    sheet.press("Shift+Enter")
    kept[0].continue_()
    expect(sheet.by_id("run-strip")).to_have_attribute("data-state", "succeeded", timeout=SLOW)
    assert len(kept) == 1
