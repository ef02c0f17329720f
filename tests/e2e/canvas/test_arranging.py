"""Groups, notes, locks, sub-workflows made of a selection, nudging, guides, and the tidy layout."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.canvas.conftest import Open
from tests.e2e.canvas.sheet import Sheet, node, row, wire
from tests.e2e.canvas.test_editing import diagram, fields, hover_empty, in_draft
from tests.e2e.conftest import keep_screen

pytestmark = pytest.mark.e2e


def places(sheet: Sheet) -> dict[str, tuple[float, float]]:
    return {one["id"]: (one["position"]["x"], one["position"]["y"]) for one in diagram(sheet)["nodes"]}


def test_C12_a_group_folds_to_a_card_that_takes_its_wires_and_moves_as_one(draw: Open) -> None:
    nodes, wires = row("a", "b", "c", "d")
    sheet = draw(nodes, wires)
    sheet.click_node("b", hold="Shift")
    sheet.click_node("c", hold="Shift")
    sheet.expect_selected("b", "c")
    sheet.by_id("selection-group").click()
    frame = sheet.node("group")
    expect(frame).to_contain_text("2 nodes")
    sheet.expect_selected("group")
    outer, inner = frame.bounding_box(), sheet.node("b").bounding_box()
    assert outer
    assert inner
    assert outer["x"] < inner["x"]
    assert outer["y"] < inner["y"]
    before = sheet.at("c")
    x, y = sheet.at("group")
    sheet.pull((x + 120, y + 14), (x + 120, y + 14 + 160))
    assert sheet.at("c")[1] - before[1] == pytest.approx(160, abs=9)
    assert sheet.at("a")[1] == pytest.approx(before[1], abs=1)
    sheet.by_id("fold-group").click()
    expect(sheet.node("b")).to_have_count(0)
    sheet.joined("a", "b")  # drawn to the card
    sheet.joined("b", "c", there=False)
    folded = sheet.node("group").bounding_box()
    assert folded
    assert folded["height"] < 90
    keep_screen(sheet.page, "editor-group-folded")
    sheet.undo()
    expect(sheet.node("b")).to_be_visible()
    sheet.press("Control+Shift+g")
    expect(sheet.node("group")).to_have_count(0)
    assert in_draft(sheet, "b")["group"] is None
    for _ in range(3):
        sheet.undo()
    expect(sheet.by_id("undo")).to_be_disabled()


def test_C12_a_selection_becomes_a_workflow_of_its_own_with_what_it_reads_and_gives(draw: Open) -> None:
    start = node("start", "start", x=0, config={"fields": [{"name": "mail", "type": "text"}]})
    first = fields("first", "one", 320)
    second = fields("second", "{{ nodes.first.text }} {{ input.mail }}", 640)
    third = fields("third", "{{ nodes.second.text }}", 960)
    last = fields("last", "{{ nodes.third.text }} of {{ nodes.second.text }}", 1280)
    wires = [wire("start", "first"), wire("first", "second"), wire("second", "third"), wire("third", "last")]
    sheet = draw([start, first, second, third, last], wires)
    sheet.press("Shift+1")
    sheet.still()
    sheet.click_node("second", hold="Shift")
    sheet.click_node("third", hold="Shift")
    sheet.expect_selected("second", "third")
    sheet.by_id("selection-subworkflow").click()
    dialog = sheet.by_id("dialog-subworkflow")
    expect(dialog).to_contain_text("mail")
    dialog.get_by_label("Name of the sub-workflow").fill("Answer mails")
    sheet.by_id("subworkflow-confirm").click()
    call = sheet.page.locator("[data-kind=sub_workflow]")
    expect(call).to_be_visible()
    left = diagram(sheet)
    made = next(one for one in left["nodes"] if one["kind"] == "sub_workflow")
    call_id = made["id"]
    assert {one["name"]: one["value"] for one in made["config"]["fields"]} == {
        "mail": "{{ input.mail }}",
        "first": "{{ nodes.first }}",
    }
    assert {(one["source"], one["target"]) for one in left["wires"]} == {
        ("start", "first"), ("first", call_id), (call_id, "last")
    }  # fmt: skip
    read = next(one for one in left["nodes"] if one["id"] == "last")["config"]["fields"][0]["value"]
    assert read == f"{{{{ nodes.{call_id}.third.text }}}} of {{{{ nodes.{call_id}.second.text }}}}"
    inside = sheet.page.request.get(f"/api/v1/workflows/{made['config']['workflow']}/draft.json").json()
    kinds = {one["kind"] for one in inside["nodes"]}
    assert kinds == {"start", "set_fields", "output"}
    second_inside = next(one for one in inside["nodes"] if one["id"] == "second")
    assert second_inside["config"]["fields"][0]["value"] == "{{ input.first.text }} {{ input.mail }}"
    found = sheet.page.request.get(f"/api/v1/workflows/{sheet.workflow}/check").json()
    assert [one for one in found["problems"] if one["severity"] == "error"] == []
    sheet.undo()
    sheet.joined("second", "third")
    expect(sheet.by_id("undo")).to_be_disabled()


def test_C12_what_cannot_become_a_workflow_says_why(draw: Open) -> None:
    nodes = [node("check", "condition"), node("yes", x=320), node("no", x=320, y=200)]
    sheet = draw(nodes, [wire("check", "yes", "yes"), wire("check", "no", "no")])
    sheet.click_node("check")
    sheet.expect_selected("check")
    sheet.press("Control+k")
    sheet.page.keyboard.type("/sub-workflow")
    sheet.press("Enter")
    expect(sheet.by_id("dialog-subworkflow")).to_contain_text("Several ways lead out")
    expect(sheet.by_id("subworkflow-confirm")).to_have_count(0)


def test_C47_keys_disable_group_and_add_a_note(draw: Open) -> None:
    sheet = draw([node("a")])
    sheet.click_node("a")
    sheet.press("d")
    card = sheet.node("a")
    expect(card).to_have_attribute("data-disabled", "true")
    expect(card).to_have_css("opacity", "0.5")
    expect(card).to_have_css("border-style", "dashed")
    sheet.press("Control+g")
    expect(sheet.node("group")).to_be_visible()
    sheet.press("Escape", "Escape")
    hover_empty(sheet)
    sheet.press("Shift+s")
    expect(sheet.node("note")).to_be_visible()
    assert abs(sheet.at("note")[1] - sheet.empty_spot()[1]) < 40
    sheet.page.mouse.move(2, 2)
    assert in_draft(sheet, "a")["disabled"] is True


def test_C48_arrows_nudge_by_the_grid_and_lines_show_what_is_level(draw: Open) -> None:
    nodes, wires = row("a", "b")
    sheet = draw([*nodes, node("c", x=3, y=301)], wires)
    sheet.click_node("a")
    sheet.expect_selected("a")
    sheet.press("ArrowDown", "ArrowRight", "Shift+ArrowDown", "Shift+ArrowLeft")
    assert places(sheet)["a"] == (-32, 48)
    sheet.press("Escape", "Escape", "g")
    expect(sheet.page.get_by_text("Nodes go anywhere")).to_be_visible()
    x, y = sheet.at("b")
    zoom = sheet.zoom()
    goal = sheet.at("c")[1] + 2 * zoom
    sheet.drag_node("b", (x + 7 * zoom, goal), let_go=False)
    expect(sheet.by_id("alignment-guides")).to_be_visible()
    sheet.page.mouse.up()
    expect(sheet.by_id("alignment-guides")).to_have_count(0)
    assert places(sheet)["b"][1] == pytest.approx(301, abs=0.5)
    sheet.press("g")
    expect(sheet.page.get_by_text("Nodes snap to the grid")).to_be_visible()
    x, y = sheet.at("b")
    sheet.drag_node("b", (x + 61 * zoom, y + 61 * zoom))
    assert [one % 8 for one in places(sheet)["b"]] == [0, 0]


def overlapping(boxes: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    pairs = [(a, b) for a in boxes for b in boxes if a < b]

    def apart(one: dict[str, Any], other: dict[str, Any]) -> bool:
        return (
            one["x"] + one["width"] <= other["x"]
            or other["x"] + other["width"] <= one["x"]
            or one["y"] + one["height"] <= other["y"]
            or other["y"] + other["height"] <= one["y"]
        )

    return [(a, b) for a, b in pairs if not apart(boxes[a], boxes[b])]


def test_C49_tidy_lays_out_everything_in_one_step_and_keeps_groups_together(draw: Open) -> None:
    ids = ("a", "b", "c", "d", "e", "f")
    heap = [node(one, x=(i * 37) % 90, y=(i * 53) % 120) for i, one in enumerate(ids)]
    for member in heap[2:4]:
        member["group"] = "together"
    group = node("together", "group", name="Together")
    box = node("box", "loop", x=30, y=60, size=[560, 280])
    inner = [node("in1", x=60, y=80, parent="box"), node("in2", x=70, y=90, parent="box")]
    wires = [wire("a", "b"), wire("a", "c"), wire("c", "d"), wire("b", "e"), wire("d", "e"), wire("e", "box"), wire("box", "f"), wire("in1", "in2")]  # fmt: skip
    sheet = draw([*heap, group, box, *inner], wires)
    before = diagram(sheet)
    sheet.press("Escape")
    sheet.press("Shift+l")
    sheet.page.wait_for_function("() => document.querySelector('[data-testid=undo]').disabled === false")
    sheet.still()
    keep_screen(sheet.page, "editor-tidy")
    boxes: dict[str, Any] = {one: sheet.node(one).bounding_box() for one in (*ids, "box")}
    assert overlapping(boxes) == []
    frame: Any = sheet.node("together").bounding_box()
    for one in ("c", "d"):
        assert frame["x"] < boxes[one]["x"]
        assert boxes[one]["y"] + boxes[one]["height"] < frame["y"] + frame["height"]
    strangers = {one: boxes[one] for one in ("a", "b", "e", "f", "box")}
    assert [pair for pair in overlapping(strangers | {"zz": frame}) if "zz" in pair] == []
    inside: Any = {one: sheet.node(one).bounding_box() for one in ("in1", "in2")}
    assert overlapping(inside) == []
    assert inside["in1"]["x"] < inside["in2"]["x"]
    assert boxes["box"]["x"] < inside["in1"]["x"]
    assert inside["in2"]["x"] + inside["in2"]["width"] < boxes["box"]["x"] + boxes["box"]["width"]
    assert boxes["a"]["x"] < boxes["b"]["x"] < boxes["e"]["x"] < boxes["box"]["x"] < boxes["f"]["x"]
    sheet.undo()
    assert diagram(sheet) == before
    expect(sheet.by_id("undo")).to_be_disabled()


def test_C49_tidy_of_a_selection_leaves_the_others_alone(draw: Open) -> None:
    sheet = draw([node("a"), node("b", x=16, y=120), node("c", x=8, y=300)], [wire("a", "b"), wire("b", "c")])
    sheet.click_node("a", hold="Shift")
    sheet.click_node("b", hold="Shift")
    sheet.expect_selected("a", "b")
    sheet.by_id("selection-tidy").click()
    expect(sheet.by_id("undo")).to_be_enabled()
    sheet.still()
    after = places(sheet)
    assert after["c"] == (8, 300)
    assert after["b"][0] - after["a"][0] >= 232
