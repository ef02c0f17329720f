"""Editing: undo, the clipboard as YAML, duplicating, deleting, and names that everything follows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import yaml
from playwright.sync_api import Page, expect

from tests.e2e.canvas.conftest import Open
from tests.e2e.canvas.sheet import Sheet, node, row, wire
from tests.e2e.editing import drag

pytestmark = pytest.mark.e2e

READS = "{{ nodes.a.text }} and {{ nodes['a']['more'] | upper }}"


def fields(node_id: str, text: str, x: float = 320, **more: Any) -> dict[str, Any]:
    """A node whose only field is this text."""
    return node(node_id, "set_fields", x=x, config={"fields": [{"name": "text", "value": text}]}, **more)


def diagram(sheet: Sheet) -> dict[str, Any]:
    """What the server has of the draft."""
    expect(sheet.by_id("save-state")).to_have_attribute("data-state", "saved")
    return sheet.page.request.get(f"/api/v1/workflows/{sheet.workflow}/draft.json").json()


def in_draft(sheet: Sheet, node_id: str) -> dict[str, Any]:
    sheet.node(node_id).wait_for(state="attached")
    return next(one for one in diagram(sheet)["nodes"] if one["id"] == node_id)


def clipboard(sheet: Sheet) -> str:
    sheet.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return sheet.page.evaluate("navigator.clipboard.readText()")


def put_into_clipboard(sheet: Sheet, text: str) -> None:
    sheet.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sheet.page.evaluate("text => navigator.clipboard.writeText(text)", text)


def hover_empty(sheet: Sheet) -> None:
    sheet.page.mouse.move(*sheet.empty_spot())


@contextmanager
def clock_stands(page: Page) -> Iterator[None]:
    """What is done meanwhile is done at one time for the page, however slowly its keys come."""
    page.evaluate(
        "() => { const [real, now] = [Date.now, Date.now()]; Date.now = () => now; window.goOn = () => { Date.now = real } }"
    )
    yield
    page.evaluate("goOn()")


def test_C40_everything_can_be_undone_and_a_burst_of_typing_is_one_step(draw: Open) -> None:
    nodes, wires = row("a", "b")
    sheet = draw(nodes, wires)
    before = diagram(sheet)
    sheet.click_node("a")
    name = sheet.by_id("inspector-name")
    with clock_stands(sheet.page):
        name.fill("")
        name.press_sequentially("Typed at once")
    hover_empty(sheet)
    sheet.page.mouse.click(*sheet.empty_spot())
    sheet.press("Escape", "Escape")
    sheet.click_node("b", hold="Control")
    sheet.expect_selected("b")
    sheet.press("d", "ArrowRight", "Control+d", "Control+g")
    expect(sheet.node("group")).to_be_visible()
    places = (
        "() => [...document.querySelectorAll('.react-flow__node')].map((one) => one.style.transform).join()"
    )
    stood = sheet.page.evaluate(places)
    sheet.press("Escape", "Shift+l")
    sheet.page.wait_for_function(f"stood => ({places})() !== stood", arg=stood)
    sheet.press("Control+a", "Delete", "Control+a")
    for _ in range(3):
        sheet.page.keyboard.press("Shift+s")
        sheet.press("Escape", "Escape")
    undone = 0
    while sheet.by_id("undo").is_enabled() and undone < 60:
        sheet.undo()
        undone += 1
    assert undone == 10, undone  # typing, disable, move, copy, group, layout, delete, three notes
    assert diagram(sheet) == before
    while sheet.by_id("redo").is_enabled():
        sheet.press("Control+y")
    expect(sheet.page.locator("[data-kind=note]")).to_have_count(3)


def test_C40_more_than_a_hundred_steps_go_back(draw: Open) -> None:
    sheet = draw([node("a")])
    before = in_draft(sheet, "a")["position"]
    sheet.click_node("a")
    sheet.press("Escape", "Escape")
    sheet.click_node("a")
    for _ in range(60):
        sheet.press("d", "Shift+k")
    for _ in range(60):
        sheet.press("Control+z", "Control+z")
    expect(sheet.by_id("undo")).to_be_disabled()
    after = in_draft(sheet, "a")
    assert after["position"] == before
    assert not after["disabled"]
    assert not after["locked"]


def test_C41_undo_works_after_the_draft_was_saved(draw: Open) -> None:
    nodes, wires = row("a", "b")
    sheet = draw(nodes, wires)
    drag(sheet.page, sheet.node("a"), by=(0, 160))
    sheet.click_node("b")
    sheet.press("Delete")
    expect(sheet.node("b")).to_have_count(0)
    assert [one["id"] for one in diagram(sheet)["nodes"]] == ["a"]
    sheet.press("Control+z")
    expect(sheet.node("b")).to_be_visible()
    sheet.joined("a", "b")
    sheet.press("Control+z")
    assert in_draft(sheet, "a")["position"] == {"x": 0, "y": 0}
    sheet.press("Control+Shift+z")
    assert in_draft(sheet, "a")["position"]["y"] != 0


def test_C42_copied_nodes_are_yaml_and_are_pasted_at_the_pointer_with_what_they_read(draw: Open) -> None:
    nodes, _ = row("a")
    sheet = draw([*nodes, fields("b", READS)], [wire("a", "b")])
    sheet.press("Control+a", "Control+c")
    copied = yaml.safe_load(clipboard(sheet))
    assert copied["quadrille"] == 1
    assert [one["id"] for one in copied["nodes"]] == ["a", "b"]
    assert copied["wires"] == [{"from": "a", "to": "b"}]
    hover_empty(sheet)
    sheet.press("Control+v")
    sheet.joined("a_2", "b_2")
    sheet.expect_selected("a_2", "b_2")
    (x, y), (spot_x, spot_y) = sheet.at("a_2"), sheet.empty_spot()
    assert x < spot_x < sheet.at("b_2")[0] + 232 * sheet.zoom()
    assert abs(y + 34 * sheet.zoom() - spot_y) < 34
    pasted = in_draft(sheet, "b_2")
    assert (
        pasted["config"]["fields"][0]["value"]
        == "{{ nodes.a_2.text }} and {{ nodes['a_2']['more'] | upper }}"
    )
    assert pasted["name"] != in_draft(sheet, "b")["name"]
    sheet.press("Control+z")
    expect(sheet.page.locator(".react-flow__node")).to_have_count(2)
    expect(sheet.by_id("undo")).to_be_disabled()


def test_C42_with_shift_the_wires_that_led_there_come_along(draw: Open) -> None:
    nodes, wires = row("a", "b", "c")
    sheet = draw(nodes, wires)
    sheet.click_node("b")
    sheet.press("Control+c")
    hover_empty(sheet)
    sheet.press("Control+v")
    expect(sheet.node("b_2")).to_be_visible()
    sheet.joined("a", "b_2", there=False)
    sheet.press("Control+Shift+v")
    sheet.joined("a", "b_3")
    sheet.joined("b_3", "c", there=False)
    sheet.undo()
    expect(sheet.node("b_3")).to_have_count(0)


def test_C42_cut_takes_away_and_text_from_a_chat_is_pasted(draw: Open) -> None:
    nodes, wires = row("a", "b", "c")
    sheet = draw(nodes, wires)
    sheet.click_node("b")
    sheet.press("Control+x")
    expect(sheet.node("b")).to_have_count(0)
    assert yaml.safe_load(clipboard(sheet))["nodes"][0]["id"] == "b"
    said = "Sure! Here are two nodes:\n\n```yaml\nnodes:\n  - {id: ask, kind: human_approval, at: [0, 0]}\n  - id: tell\n    kind: code\n    at: [320, 0]\n    config: {source: nodes.ask.comment}\nwires:\n  - {from: ask.approved, to: tell}\n```\nPaste it onto the canvas."
    put_into_clipboard(sheet, said)
    hover_empty(sheet)
    sheet.press("Control+v")
    sheet.joined("ask", "tell", "approved")
    bare = "I would add this:\n\nnodes:\n- id: ask\n  kind: wait\n\nTell me whether that helps."
    put_into_clipboard(sheet, bare)
    sheet.press("Control+v")
    expect(sheet.node("ask_2")).to_be_visible()
    put_into_clipboard(sheet, "quadrille: 1\nnodes:\n  - {id: broken")
    sheet.press("Control+v")
    expect(sheet.page.get_by_text("The clipboard holds no diagram")).to_be_visible()


def test_C42_what_stands_in_a_container_is_copied_inside_it(draw: Open) -> None:
    inner = node("inner", x=40, y=80, parent="box")
    sheet = draw([node("box", "loop", size=[720, 320]), inner])
    sheet.click_node("inner")
    sheet.press("Control+d")
    twin = in_draft(sheet, "inner_2")
    assert twin["parent"] == "box"
    assert twin["position"] == {"x": 72, "y": 112}
    sheet.press("Control+c")
    x, y = sheet.at("box")
    sheet.page.mouse.move(x + 520 * sheet.zoom(), y + 200 * sheet.zoom())
    sheet.press("Control+v")
    assert in_draft(sheet, "inner_3")["parent"] == "box"
    hover_empty(sheet)
    sheet.press("Control+v")
    assert in_draft(sheet, "inner_4")["parent"] is None


def test_C43_duplicating_by_keys_and_by_dragging_with_alt(draw: Open) -> None:
    nodes, wires = row("a", "b")
    sheet = draw(nodes, wires)
    sheet.click_node("a")
    sheet.press("Control+d")
    sheet.expect_selected("a_2")
    sheet.press("Escape", "Escape")
    before = sheet.at("b")
    sheet.drag_node("b", (before[0], before[1] + 240), hold="Alt")
    expect(sheet.node("b_2")).to_be_visible()
    assert sheet.at("b") == pytest.approx(before, abs=1)
    assert sheet.at("b_2")[1] == pytest.approx(before[1] + 240, abs=8)
    sheet.joined("a", "b")
    sheet.undo()
    expect(sheet.node("b_2")).to_have_count(0)
    sheet.undo()
    expect(sheet.by_id("undo")).to_be_disabled()


def test_C44_delete_takes_nodes_and_wires_and_asks_for_what_is_locked(draw: Open) -> None:
    nodes, wires = row("a", "b", "c", gap=480)
    sheet = draw([*nodes, node("d", y=240, locked=True)], wires)
    x, y = sheet.on_wire("a", "b", 0.2)  # in the middle are its tools, once the pointer is there
    sheet.page.mouse.move(x, y)
    expect(sheet.wire("a", "b")).to_have_attribute("data-hovered", "true")
    sheet.page.mouse.click(x, y)
    expect(sheet.wire("a", "b")).to_have_attribute("data-selected", "true")
    sheet.press("Backspace")
    sheet.joined("a", "b", there=False)
    sheet.click_node("a")
    sheet.by_id("inspector-name").fill("abc")
    sheet.press("Backspace", "Delete")
    expect(sheet.node("a")).to_be_visible()
    sheet.press("Escape", "Escape")
    at = sheet.at("d")
    sheet.drag_node("d", (at[0] + 120, at[1]))
    assert sheet.at("d") == pytest.approx(at, abs=1)
    sheet.click_node("d")
    sheet.press("Delete")
    sheet.page.get_by_role("button", name="Keep").click()
    expect(sheet.node("d")).to_be_visible()
    sheet.click_node("d")
    sheet.press("Delete")
    sheet.by_id("sure-yes").click()
    expect(sheet.node("d")).to_have_count(0)


def test_C45_a_new_name_is_followed_by_everything_that_reads_the_node(draw: Open) -> None:
    nodes, _ = row("a", "c", gap=640)
    sheet = draw([*nodes, fields("b", READS)], [wire("a", "b"), wire("b", "c")])
    sheet.click_node("a")
    sheet.press("F2")
    expect(sheet.by_id("readers")).to_contain_text("Read by b")
    sheet.page.keyboard.type("Größe, neu")
    expect(sheet.by_id("readers")).to_contain_text("grosse_neu")
    sheet.press("Enter")
    sheet.joined("grosse_neu", "b")
    expect(sheet.node("a")).to_have_count(0)
    assert in_draft(sheet, "grosse_neu")["name"] == "Größe, neu"
    text = in_draft(sheet, "b")["config"]["fields"][0]["value"]
    assert text == "{{ nodes.grosse_neu.text }} and {{ nodes['grosse_neu']['more'] | upper }}"
    sheet.undo()
    sheet.joined("a", "b")
    assert in_draft(sheet, "b")["config"]["fields"][0]["value"] == READS
    expect(sheet.by_id("undo")).to_be_disabled()
    sheet.press("Escape", "Escape")
    sheet.node("c").locator(".qc-name span").dblclick()
    sheet.page.keyboard.type("a")
    sheet.press("Enter")
    expect(sheet.node("a_2")).to_be_visible()  # the id that would follow is taken
