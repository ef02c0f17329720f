"""Selecting: by clicks, boxes and keys, along the wires, and what can be done with several nodes."""

import pytest
from playwright.sync_api import expect

from tests.e2e.canvas.conftest import Open
from tests.e2e.canvas.sheet import node, row, wire

pytestmark = pytest.mark.e2e


def test_C10_clicks_boxes_and_keys_select(draw: Open) -> None:
    nodes, wires = row("a", "b", "c", gap=280)
    sheet = draw(nodes, wires)
    sheet.click_node("a")
    sheet.expect_selected("a")
    expect(sheet.by_id("inspector")).to_be_visible()
    for key in ("Control", "Shift"):
        sheet.click_node("b", hold=key)
        sheet.expect_selected("a", "b")
        sheet.click_node("b", hold=key)
        sheet.expect_selected("a")
    sheet.press("Escape")
    sheet.expect_selected()
    expect(sheet.by_id("inspector")).to_be_visible()
    sheet.press("Escape")
    expect(sheet.by_id("inspector")).to_have_count(0)
    x, y = sheet.at("b")
    sheet.pull((x - 20, y - 60), (x + 320, y + 120), hold="Shift")
    sheet.expect_selected("b", "c")
    sheet.press("Control+a")
    sheet.expect_selected("a", "b", "c")
    sheet.press("Escape")
    sheet.expect_selected()


def test_C11_alt_arrows_walk_and_with_shift_select_all_before_or_after(draw: Open) -> None:
    nodes, wires = row("a", "b", "c", gap=280)
    sheet = draw([*nodes, node("below", x=280, y=200)], wires)
    sheet.click_node("a")
    for key, there in (
        ("ArrowRight", "b"),
        ("ArrowRight", "c"),
        ("ArrowLeft", "b"),
        ("ArrowDown", "below"),
        ("ArrowUp", "b"),
    ):
        sheet.press(f"Alt+{key}")
        sheet.expect_selected(there)
    sheet.press("Alt+Shift+ArrowRight")
    sheet.expect_selected("b", "c")
    sheet.click_node("b")
    sheet.press("Alt+Shift+ArrowLeft")
    sheet.expect_selected("a", "b")
    expect(sheet.by_id("undo")).to_be_disabled()


def test_C12_tools_over_several_nodes_align_spread_and_disable_them(draw: Open) -> None:
    sheet = draw([node("a"), node("b", x=40, y=120), node("c", x=200, y=400)])
    expect(sheet.by_id("selection-bar")).to_have_count(0)
    sheet.press("Control+a")
    zoom = sheet.zoom()
    before = [sheet.at(one) for one in "abc"]
    sheet.by_id("selection-align-left").click()
    assert [sheet.at(one)[0] for one in "abc"] == pytest.approx([before[0][0]] * 3, abs=1)
    sheet.by_id("selection-distribute-y").click()
    ys = [sheet.at(one)[1] for one in "abc"]
    assert ys[1] - ys[0] == pytest.approx(ys[2] - ys[1], abs=9 * zoom)
    sheet.by_id("selection-align-right").click()
    sheet.by_id("selection-disable").click()
    expect(sheet.page.locator("[data-kind][data-disabled]")).to_have_count(3)
    for _ in range(3):  # what stood level on both sides was not changed by the third tool
        sheet.undo()
    for one, at in zip("abc", before, strict=True):
        assert sheet.at(one) == pytest.approx(at, abs=1)
    expect(sheet.by_id("undo")).to_be_disabled()
    sheet.by_id("selection-delete").click()
    expect(sheet.page.locator(".react-flow__node")).to_have_count(0)


def test_C13_holding_shift_shows_what_a_node_reads_and_who_reads_it(draw: Open) -> None:
    said = {"fields": [{"name": "x", "value": "{{ nodes.a.seconds }} of {{ input.text }}"}]}
    reads = {"fields": [{"name": "y", "value": "{{ nodes.b.x }}"}]}
    nodes = [
        node("start", "start"),
        node("a", x=300),
        node("b", "set_fields", x=600, config=said),
        node("c", "set_fields", x=900, config=reads),
        node("d", x=900, y=200),
    ]
    sheet = draw(nodes, [wire("start", "a"), wire("a", "b"), wire("b", "c")])
    sheet.click_node("b")
    sheet.press("Escape", "Escape")
    sheet.click_node("b")
    expect(sheet.by_id("variable-links")).to_have_count(0)
    sheet.page.keyboard.down("Shift")
    for link in ("a>b", "start>b", "b>c"):
        expect(sheet.by_id(f"link-{link}")).to_be_attached()
    expect(sheet.by_id("variable-links").locator("path")).to_have_count(3)
    linked = sheet.page.locator("[data-linked]").evaluate_all("all => all.map(one => one.dataset.id)")
    assert sorted(linked) == ["a", "b", "c", "start"]
    sheet.page.keyboard.up("Shift")
    expect(sheet.by_id("variable-links")).to_have_count(0)
    expect(sheet.page.locator("[data-linked]")).to_have_count(0)
