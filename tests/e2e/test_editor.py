"""The editor as people use it: draw, name, wire, undo, run; every step looked for in the page itself."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import keep_screen
from tests.e2e.editing import ASKING, DRAWN, centre, drag, new_workflow, pull_wire

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]


@pytest.fixture
def editor(signed_in: Open) -> Page:
    """An open editor of a fresh workflow: a start wired to an output."""
    page = signed_in("/")
    page.goto(f"/workflows/{new_workflow(page, {'name': 'Drawn by a test'})}")
    page.get_by_test_id("node-start").wait_for()
    return page


def saved(page: Page) -> None:
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")


def place(card: Locator) -> tuple[int, int]:
    box = card.bounding_box()
    assert box is not None
    return round(box["x"]), round(box["y"])


def test_a_name_changed_in_the_inspector_stands_on_the_card_and_survives_a_reload(editor: Page) -> None:
    editor.get_by_test_id("node-start").click()
    editor.get_by_test_id("inspector-name").fill("Ticket arrives")
    expect(editor.get_by_test_id("node-start")).to_contain_text("Ticket arrives")
    saved(editor)
    editor.reload()
    expect(editor.get_by_test_id("node-start")).to_contain_text("Ticket arrives")


def test_a_drag_is_one_step_that_can_be_undone_and_done_again(editor: Page) -> None:
    card = editor.get_by_test_id("node-output")
    before = place(card)
    drag(editor, card, by=(104, 160))
    moved = place(card)
    assert moved != before
    editor.get_by_test_id("undo").click()
    expect(editor.get_by_test_id("redo")).to_be_enabled()
    editor.evaluate(DRAWN)
    assert place(card) == before
    editor.get_by_test_id("redo").click()
    expect(editor.get_by_test_id("redo")).to_be_disabled()
    editor.evaluate(DRAWN)
    assert place(card) == moved


def test_a_kind_dragged_from_the_palette_becomes_a_node_and_can_be_wired(editor: Page) -> None:
    editor.get_by_test_id("palette-item-condition").drag_to(
        editor.locator(".react-flow__pane"), target_position={"x": 560, "y": 620}
    )
    editor.get_by_test_id("node-condition").wait_for()
    pull_wire(editor, "handle-start-out", "handle-condition-in")
    expect(editor.get_by_test_id("wire-start.out>condition.in")).to_be_attached()
    editor.keyboard.press("Control+z")
    expect(editor.get_by_test_id("wire-start.out>condition.in")).not_to_be_attached()
    expect(editor.get_by_test_id("node-condition")).to_be_visible()
    editor.keyboard.press("Control+y")
    expect(editor.get_by_test_id("wire-start.out>condition.in")).to_be_attached()


def test_C23_a_wire_let_go_over_empty_canvas_asks_for_a_node_and_is_one_step(editor: Page) -> None:
    x, y = centre(editor.get_by_test_id("handle-start-out"))
    editor.mouse.move(x, y)
    editor.mouse.down()
    editor.mouse.move(x + 20, y + 180, steps=8)
    editor.mouse.up()
    editor.get_by_test_id("picker").wait_for()
    assert editor.get_by_test_id("picker-item-start").count() == 0, "nothing can be wired into a start"
    editor.keyboard.type("set f")
    editor.keyboard.press("Enter")
    expect(editor.get_by_test_id("wire-start.out>set_fields.in")).to_be_attached()
    editor.get_by_test_id("undo").click()
    expect(editor.get_by_test_id("node-set_fields")).not_to_be_attached()
    expect(editor.get_by_test_id("wire-start.out>set_fields.in")).not_to_be_attached()


def test_C25_a_node_put_into_a_wire_takes_its_place_and_C26_deleting_it_heals_the_wire(editor: Page) -> None:
    x, y = centre(editor.get_by_test_id("handle-start-out"))
    to_x, _ = centre(editor.get_by_test_id("handle-output-in"))
    editor.mouse.move((x + to_x) / 2, y - 40)
    editor.mouse.move((x + to_x) / 2, y, steps=6)
    editor.get_by_role("button", name="Put a node into this wire").click()
    editor.keyboard.type("code")
    editor.keyboard.press("Enter")
    expect(editor.get_by_test_id("wire-start.out>code.in")).to_be_attached()
    expect(editor.get_by_test_id("wire-code.out>output.in")).to_be_attached()
    expect(editor.get_by_test_id("wire-start.out>output.in")).not_to_be_attached()
    expect(editor.get_by_test_id("inspector-name")).to_be_visible()  # the settings do not cover the node
    editor.get_by_test_id("node-code").click()
    editor.keyboard.press("Delete")
    expect(editor.get_by_test_id("wire-start.out>output.in")).to_be_attached()


def test_C21_a_double_click_on_the_canvas_asks_what_to_put_there(editor: Page) -> None:
    x, y = centre(editor.get_by_test_id("canvas"))
    editor.mouse.dblclick(x, y - 250)
    editor.get_by_test_id("picker-item-wait").click()
    expect(editor.get_by_test_id("node-wait")).to_be_visible()


def test_a_circle_of_wires_is_refused_with_the_reason(editor: Page) -> None:
    editor.get_by_test_id("palette-item-wait").click()
    editor.get_by_test_id("palette-item-code").click()
    pull_wire(editor, "handle-wait-out", "handle-code-in")
    expect(editor.get_by_test_id("wire-wait.out>code.in")).to_be_attached()
    pull_wire(editor, "handle-code-out", "handle-wait-in")
    expect(editor.get_by_text("This would make a circle")).to_be_visible()
    expect(editor.get_by_test_id("wire-code.out>wait.in")).not_to_be_attached()


def test_C44_delete_removes_the_node_but_not_what_somebody_types(editor: Page) -> None:
    editor.get_by_test_id("node-start").click()
    name = editor.get_by_test_id("inspector-name")
    name.fill("Begin")
    name.press("Backspace")
    expect(editor.get_by_test_id("node-start")).to_contain_text("Begi")
    editor.get_by_test_id("node-start").click()
    editor.keyboard.press("Delete")
    expect(editor.get_by_test_id("node-start")).not_to_be_attached()
    expect(editor.get_by_test_id("inspector")).not_to_be_visible()
    editor.keyboard.press("Control+z")
    expect(editor.get_by_test_id("wire-start.out>output.in")).to_be_attached()


def test_a_copy_has_its_own_name_and_id(editor: Page) -> None:
    editor.get_by_test_id("node-output").click()
    editor.keyboard.press("Control+d")
    expect(editor.get_by_test_id("node-output_2")).to_contain_text("Output 2")


def test_problems_lead_to_their_node(editor: Page) -> None:
    editor.get_by_test_id("palette-item-code").click()
    expect(editor.get_by_test_id("problems")).to_contain_text("problem", timeout=120_000)
    editor.keyboard.press("Escape")
    editor.get_by_test_id("problems").click()
    editor.get_by_test_id("problems-panel").get_by_role("button").filter(
        has_text="must be filled in"
    ).first.click()
    expect(editor.get_by_test_id("inspector")).to_contain_text("code")


def test_the_run_is_drawn_on_the_canvas_until_it_ends(signed_in: Open) -> None:
    page = signed_in("/")
    page.goto(f"/workflows/{new_workflow(page, ASKING)}")
    page.get_by_test_id("node-check").wait_for()
    page.keyboard.press("Control+Enter")
    page.get_by_test_id("sample-Small").click()
    page.get_by_test_id("run-start").click()
    expect(page.get_by_test_id("run-strip")).to_have_attribute("data-state", "succeeded", timeout=120_000)
    expect(page.get_by_test_id("node-done")).to_have_attribute("data-state", "succeeded")
    expect(page.get_by_test_id("wire-check.no>pause.in")).to_have_attribute("data-taken", "taken")
    expect(page.get_by_test_id("wire-check.yes>ask.in")).to_have_attribute("data-taken", "untaken")
    expect(page.get_by_test_id("run-ending")).to_contain_text("A pen")
    keep_screen(page, "editor-run-succeeded")


def test_a_run_that_waits_shows_the_hand_and_leads_to_the_decision(signed_in: Open) -> None:
    page = signed_in("/")
    page.goto(f"/workflows/{new_workflow(page, ASKING)}")
    page.get_by_test_id("node-check").wait_for()
    page.get_by_test_id("run-button").click()
    page.get_by_test_id("sample-Needs approval").click()
    page.get_by_test_id("run-start").click()
    expect(page.get_by_test_id("node-ask")).to_have_attribute("data-state", "waiting_person", timeout=120_000)
    keep_screen(page, "editor-run-waiting")
    decide: Any = page.get_by_test_id("node-ask").get_by_role("link", name="Decide")
    assert decide.get_attribute("href").startswith("/approvals/apr_")


def test_at_390_pixels_the_outline_stands_in_for_the_canvas(signed_in: Open) -> None:
    page = signed_in("/", width=390, height=844)
    page.goto(f"/workflows/{new_workflow(page, ASKING)}")
    page.get_by_test_id("outline-check").click()
    page.get_by_test_id("inspector-name").fill("More than a hundred?")
    page.get_by_role("button", name="Close the settings").click()
    expect(page.get_by_test_id("outline-check")).to_contain_text("More than a hundred?")
    keep_screen(page, "editor-outline-390")
