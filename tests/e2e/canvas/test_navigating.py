"""Moving over the canvas: pan, zoom, modes, mini-map, detail, and coming back to where one was."""

import pytest
from playwright.sync_api import expect

from tests.e2e.canvas.conftest import Open
from tests.e2e.canvas.sheet import Sheet, node, row
from tests.e2e.editing import centre

pytestmark = pytest.mark.e2e


def test_C01_space_middle_button_and_scrolling_pan_and_ctrl_wheel_zooms_at_the_pointer(draw: Open) -> None:
    sheet = draw([node("a")])
    spot = sheet.empty_spot()
    x, y = sheet.origin()
    sheet.pull(spot, (spot[0] + 60, spot[1] - 40), hold="Space")
    assert sheet.origin() == pytest.approx((x + 60, y - 40), abs=2)
    sheet.pull(spot, (spot[0] + 30, spot[1] - 30), button="middle")
    assert sheet.origin() == pytest.approx((x + 90, y - 70), abs=2)
    expect(sheet.by_id("undo")).to_be_disabled()
    sheet.page.mouse.move(*spot)
    sheet.page.mouse.wheel(40, 60)
    sheet.page.wait_for_function(
        "from => new DOMMatrix(document.querySelector('.react-flow__viewport').style.transform).f < from - 20",
        arg=y - 70,
    )
    x, y = sheet.at("a")
    before = sheet.zoom()
    sheet.page.mouse.move(x, y)
    sheet.page.keyboard.down("Control")
    sheet.page.mouse.wheel(0, 120)
    sheet.page.keyboard.up("Control")
    sheet.page.wait_for_function(
        "from => new DOMMatrix(document.querySelector('.react-flow__viewport').style.transform).a < from",
        arg=before,
    )
    assert sheet.at("a") == pytest.approx((x, y), abs=2)  # the point under the pointer stays


def test_C01_two_fingers_pinch_the_canvas_on_a_touch_screen(draw: Open) -> None:
    sheet = draw([node("a")])
    fingers = sheet.page.context.new_cdp_session(sheet.page)
    fingers.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 2})
    try:
        sheet.page.reload(wait_until="commit")  # what a page listens to is decided when it opens
        sheet.ready("a")
        before, (x, y) = sheet.zoom(), sheet.empty_spot()

        def touch(kind: str, *apart: int) -> None:
            points = [{"x": x + side * at, "y": y, "id": side} for at in apart for side in (-1, 1)]
            points = [point | {"id": number} for number, point in enumerate(points)]
            fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", 40)
        for apart in range(36, 15, -4):
            touch("touchMove", apart)
        touch("touchEnd")
        zoomed(sheet, f"a < {before * 0.7}")  # fingers that come together make it smaller
        sheet.still()
        smaller = sheet.zoom()
        touch("touchStart", 20)
        for apart in range(25, 61, 5):
            touch("touchMove", apart)
        touch("touchEnd")
        zoomed(sheet, f"a > {smaller * 1.5}")  # fingers that part make it larger
        expect(sheet.by_id("undo")).to_be_disabled()
    finally:
        fingers.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
        fingers.detach()


def test_C02_keys_zoom_briefly_and_not_at_all_for_people_who_want_calm(draw: Open) -> None:
    nodes, wires = row("a", "b", "c")
    sheet = draw(nodes, wires)
    sheet.page.evaluate(
        "() => { const it = document.querySelector('.react-flow__viewport'); window.moves = [];"
        " new MutationObserver(() => window.moves.push(performance.now())).observe(it, { attributes: true, attributeFilter: ['style'] }) }"
    )
    sheet.press("Shift+0")
    zoomed(sheet, "a === 1")
    sheet.press("+")
    zoomed(sheet, "Math.abs(a - 1.2) < 1e-6")  # nothing moves any more
    sheet.press("-")
    zoomed(sheet, "Math.abs(a - 1) < 1e-6")
    sheet.click_node("a")
    sheet.press("Shift+2")
    zoomed(sheet, "Math.abs(a - 1.2) < 1e-6")
    sheet.page.emulate_media(reduced_motion="reduce")
    sheet.page.evaluate("() => { window.moves = []; }")
    sheet.press("Shift+1")
    zoomed(sheet, "a < 1.01")
    sheet.still()
    assert sheet.page.evaluate("() => window.moves.length") <= 2, "it jumps"
    sheet.page.emulate_media(reduced_motion="no-preference")


def zoomed(sheet: Sheet, when: str) -> None:
    """Wait until the zoom, called `a`, is as wanted."""
    matrix = "new DOMMatrix(document.querySelector('.react-flow__viewport').style.transform)"
    sheet.page.wait_for_function(f"() => {{ const {{ a }} = {matrix}; return {when} }}")


def test_C03_v_h_and_c_change_the_hand_and_its_cursor(draw: Open) -> None:
    sheet = draw([node("a")])
    pane = sheet.page.locator(".react-flow__pane")
    canvas = sheet.by_id("canvas")
    sheet.press("h")
    expect(canvas).to_have_attribute("data-mode", "hand")
    expect(pane).to_have_css("cursor", "grab")
    x, y = sheet.origin()
    spot = sheet.empty_spot()
    sheet.pull(spot, (spot[0] + 50, spot[1]))
    assert sheet.origin() == pytest.approx((x + 50, y), abs=2)
    sheet.press("c")
    expect(pane).to_have_css("cursor", "crosshair")
    sheet.page.mouse.click(*spot)
    sheet.page.get_by_label("Comment", exact=True).fill("Is this right?")
    sheet.press("Control+Enter")
    expect(sheet.page.get_by_test_id("comment")).to_have_count(1)
    expect(canvas).to_have_attribute("data-mode", "pointer")
    expect(pane).to_have_css("cursor", "default")
    sheet.undo()
    expect(sheet.page.get_by_test_id("comment")).to_have_count(0)


def test_C04_the_minimap_pans_jumps_shows_states_and_stays_away_when_told(draw: Open) -> None:
    sheet = draw([node("start", "start"), node("far", "output", x=2400, y=900, config={"fields": []})], [])
    minimap = sheet.page.locator(".qe-minimap")
    box = minimap.bounding_box()
    assert box is not None
    x, y = sheet.origin()
    sheet.page.mouse.click(box["x"] + box["width"] * 0.8, box["y"] + box["height"] * 0.7)
    sheet.page.wait_for_function(
        "from => new DOMMatrix(document.querySelector('.react-flow__viewport').style.transform).e < from - 100",
        arg=x,
    )
    sheet.still()
    x, y = sheet.origin()
    sheet.pull((box["x"] + 90, box["y"] + 60), (box["x"] + 60, box["y"] + 50))
    assert sheet.origin()[0] > x + 40
    assert sheet.origin()[1] > y + 10
    sheet.press("m")
    expect(minimap).to_have_count(0)
    sheet.page.reload(wait_until="commit")
    sheet.node("start").wait_for()
    expect(minimap).to_have_count(0)
    sheet.press("m")
    expect(minimap).to_have_count(1)


def test_C05_far_away_nodes_show_their_name_then_their_colour(draw: Open) -> None:
    sheet = draw([node("a", name="A node with a name"), node("b", x=5000, y=2400)])
    card = sheet.node("a")
    sheet.press("Shift+0")
    expect(card.locator(".qc-line")).to_be_visible()
    sheet.page.keyboard.down("Control")
    canvas = sheet.by_id("canvas")
    sheet.page.mouse.move(*centre(canvas))
    for detail in ("name", "colour"):
        for _ in range(40):
            if canvas.get_attribute("data-detail") == detail:
                break
            sheet.page.mouse.wheel(0, 100)
            sheet.still()
        expect(canvas).to_have_attribute("data-detail", detail)
        expect(card.locator(".qc-line")).to_be_hidden()
        expect(card.locator(".qc-name")).to_be_visible(visible=detail == "name")
    sheet.page.keyboard.up("Control")
    assert sheet.zoom() == pytest.approx(0.23, abs=0.03)


def test_C06_the_view_comes_back_and_a_link_opens_its_node(draw: Open) -> None:
    nodes, wires = row("a", "b", "c", "d", gap=700)
    sheet = draw(nodes, wires)
    spot = sheet.empty_spot()
    sheet.pull(spot, (spot[0] - 123, spot[1] - 45), hold="Space")
    x, y = sheet.origin()
    kept = "x => Object.entries(localStorage).some(([key, value]) => key.startsWith('quadrille:viewport') && Math.abs(JSON.parse(value).x - x) < 1)"
    sheet.page.wait_for_function(kept, arg=x)
    zoom = sheet.zoom()
    sheet.page.reload(wait_until="commit")
    sheet.ready("a")
    assert sheet.origin() == pytest.approx((x, y), abs=1)
    assert sheet.zoom() == pytest.approx(zoom, abs=0.01)
    sheet.page.goto(f"/workflows/{sheet.workflow}?node=d", wait_until="commit")
    expect(sheet.by_id("inspector")).to_contain_text("d")
    sheet.expect_selected("d")
    sheet.still()
    expect(sheet.node("d")).to_be_in_viewport(ratio=0.99)
    canvas = centre(sheet.by_id("canvas"))
    assert abs(sheet.at("d")[0] - canvas[0]) < 300


def test_C04_nodes_on_the_minimap_take_the_colour_of_their_state(draw: Open) -> None:
    sheet = draw(
        [
            node("start", "start"),
            node("end", "output", x=320, config={"fields": [{"name": "a", "value": "1"}]}),
        ],
        [{"source": "start", "target": "end"}],
    )
    mark = sheet.page.locator(".qe-minimap .qc-map-nodes").first
    before = mark.evaluate("it => getComputedStyle(it).fill")
    sheet.press("Control+Enter")
    sheet.by_id("run-start").click()
    expect(sheet.by_id("run-strip")).to_have_attribute("data-state", "succeeded", timeout=120_000)
    expect(mark).to_be_visible()
    expect(mark).not_to_have_css("fill", before)
