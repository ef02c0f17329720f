"""Adding nodes: the picker, the palette, into wires and out of them again."""

import pytest
from playwright.sync_api import expect

from tests.e2e.canvas.conftest import Open
from tests.e2e.canvas.sheet import node, row

pytestmark = pytest.mark.e2e


def test_C20_the_picker_finds_by_name_synonym_and_category_and_keeps_the_wire(draw: Open) -> None:
    sheet = draw([node("a")])
    sheet.click_node("a")
    sheet.press("Escape", "Escape")
    sheet.press("n")
    field = sheet.page.get_by_label("Search kinds of nodes")
    expect(field).to_be_focused()
    first = sheet.by_id("picker").locator("[data-testid^=picker-item]").first
    for words, kind in (
        ("llm", "chat_model"),
        ("htreq", "http_request"),
        ("if", "condition"),
        ("integrations", "emit_event"),
    ):
        field.fill(words)
        expect(first).to_have_attribute("data-testid", f"picker-item-{kind}")
    sheet.press("Escape")
    expect(sheet.by_id("picker")).to_have_count(0)
    sheet.click_node("a")
    sheet.press("n")
    field.fill("python")
    sheet.press("Enter")
    sheet.joined("a", "code")


def test_C20_sections_fold_with_arrows_and_what_was_used_comes_first(draw: Open) -> None:
    sheet = draw([node("a")])
    for _ in range(2):
        sheet.press("Escape", "Escape", "n")
        sheet.page.keyboard.type("wait for e")
        sheet.press("Enter")
        expect(sheet.by_id("picker")).to_have_count(0)
    sheet.press("Escape", "Escape", "n")
    rows = sheet.by_id("picker").get_by_role("option")
    expect(rows.nth(0)).to_have_text("Used recently")
    expect(rows.nth(1)).to_have_attribute("data-testid", "picker-item-wait_for_event")
    expect(rows.nth(1)).to_have_attribute("aria-selected", "true")
    sheet.press("ArrowDown")
    flow = sheet.by_id("picker-section-Flow")
    expect(flow).to_have_attribute("aria-selected", "true")
    sheet.press("ArrowLeft")
    expect(flow).to_have_attribute("aria-expanded", "false")
    expect(sheet.by_id("picker-item-condition")).to_have_count(0)
    sheet.press("ArrowRight")
    expect(sheet.by_id("picker-item-condition")).to_have_count(1)
    sheet.press("ArrowUp", "Enter")
    expect(sheet.node("wait_for_event_3")).to_be_visible()


def test_C21_a_double_click_puts_the_node_at_the_pointer(draw: Open) -> None:
    sheet = draw([node("a")])
    x, y = sheet.empty_spot()
    sheet.page.mouse.dblclick(x, y)
    sheet.by_id("picker-item-code").click()
    expect(sheet.node("code")).to_be_visible()
    at = sheet.at("code")
    assert abs(at[0] + 116 * sheet.zoom() - x) < 240, at  # the settings that open may pan by their width
    assert abs(at[1] + 24 * sheet.zoom() - y) < 9


def test_C22_from_the_palette_a_node_lands_snapped_and_inside_the_container_there(draw: Open) -> None:
    sheet = draw([node("box", "loop")])
    frame = sheet.node("box").bounding_box()
    assert frame is not None
    target = {"x": 300, "y": 150}
    sheet.by_id("palette-item-code").drag_to(sheet.node("box"), target_position=target)  # pyright: ignore[reportArgumentType]
    inside = sheet.node("code").bounding_box()
    assert inside is not None
    assert frame["x"] < inside["x"] < frame["x"] + frame["width"]
    sheet.press("Escape", "Escape")
    sheet.still()
    before = sheet.at("code")
    frame = sheet.node("box").bounding_box()
    assert frame is not None
    sheet.pull((frame["x"] + 60, frame["y"] + 14), (frame["x"] + 60 - 40, frame["y"] + 14 + 80))
    after = sheet.at("code")
    assert after[1] - before[1] == pytest.approx(80, abs=9)  # it goes where its container goes
    step = 8 * sheet.zoom()
    x, y = sheet.origin()
    canvas = sheet.by_id("canvas").bounding_box()
    assert canvas is not None
    offsets = [(after[0] - canvas["x"] - x) / step, (after[1] - canvas["y"] - y) / step]
    assert offsets == pytest.approx([round(one) for one in offsets], abs=0.05)


def test_C25_the_plus_on_a_wire_inserts_and_what_follows_makes_room(draw: Open) -> None:
    nodes, wires = row("a", "b", "c", gap=280)
    sheet = draw(nodes, wires)
    before = sheet.at("c")[0] - sheet.at("a")[0]
    x, y = sheet.middle_of_wire("a", "b")
    sheet.page.mouse.move(x, y - 30)
    sheet.page.mouse.move(x, y, steps=4)
    sheet.page.get_by_role("button", name="Put a node into this wire").click()
    sheet.page.keyboard.type("code")
    sheet.press("Enter")
    sheet.joined("a", "code")
    sheet.joined("code", "b")
    sheet.joined("a", "b", there=False)
    sheet.still()
    assert sheet.at("c")[0] - sheet.at("a")[0] > before + 200 * sheet.zoom()
    sheet.undo()
    sheet.joined("a", "b")
    sheet.still()
    assert sheet.at("c")[0] - sheet.at("a")[0] == pytest.approx(before, abs=2)


def test_C25_a_node_dropped_on_a_wire_is_spliced_into_it(draw: Open) -> None:
    nodes, wires = row("a", "b", gap=640)
    sheet = draw([*nodes, node("c", x=200, y=240)], wires)
    x, y = sheet.middle_of_wire("a", "b")
    zoom = sheet.zoom()
    slow = sheet.page.context.new_cdp_session(sheet.page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 6})  # the last place counts, also drawn late
    sheet.drag_node("c", (x - 116 * zoom, y - 30 * zoom), let_go=False)
    edge = sheet.page.locator(".react-flow__edge[data-splice]")
    expect(edge).to_have_count(1)
    slow.detach()
    assert (
        edge.locator("path.react-flow__edge-path").evaluate("it => getComputedStyle(it).strokeDasharray")
        == "7px, 5px"
    )
    sheet.page.mouse.up()
    sheet.joined("a", "c")
    sheet.joined("c", "b")
    sheet.joined("a", "b", there=False)
    expect(edge).to_have_count(0)
    sheet.undo()
    sheet.joined("a", "b")
    expect(sheet.by_id("undo")).to_be_disabled()


def test_C25_ctrl_drag_takes_a_node_out_of_its_chain_and_heals_it(draw: Open) -> None:
    nodes, wires = row("a", "b", "c")
    sheet = draw(nodes, wires)
    x, y = sheet.at("b")
    sheet.drag_node("b", (x, y + 220), hold="Control")
    sheet.joined("a", "c")
    sheet.joined("a", "b", there=False)
    sheet.joined("b", "c", there=False)
    sheet.undo()
    sheet.joined("a", "b")
    sheet.joined("b", "c")
    expect(sheet.by_id("undo")).to_be_disabled()


def test_C26_deleting_the_middle_joins_its_neighbours_unless_switched_off(draw: Open) -> None:
    nodes, wires = row("a", "b", "c")
    sheet = draw(nodes, wires)
    sheet.click_node("b")
    sheet.press("Delete")
    sheet.joined("a", "c")
    sheet.undo()
    sheet.joined("b", "c")
    sheet.joined("a", "c", there=False)
    sheet.click_node("b")
    sheet.press("Shift+Delete")
    expect(sheet.node("b")).to_have_count(0)
    sheet.joined("a", "c", there=False)
    sheet.undo()
    sheet.press("Control+k")
    sheet.page.keyboard.type("Join the neighbours")
    sheet.press("Enter")
    expect(sheet.page.get_by_text("Deleting a node leaves a gap")).to_be_visible()
    sheet.click_node("b")
    sheet.press("Delete")
    expect(sheet.node("b")).to_have_count(0)
    sheet.joined("a", "c", there=False)


def test_C33_tab_moves_the_focus_and_inserts_nothing(draw: Open) -> None:
    nodes, wires = row("a", "b")
    sheet = draw(nodes, wires)
    sheet.click_node("a")
    for _ in range(4):
        before = sheet.page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        sheet.press("Tab")
        assert sheet.page.evaluate("document.activeElement.outerHTML.slice(0, 200)") != before
    expect(sheet.by_id("picker")).to_have_count(0)
    expect(sheet.page.locator(".react-flow__node")).to_have_count(2)
    expect(sheet.by_id("undo")).to_be_disabled()
