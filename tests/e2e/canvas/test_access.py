"""The canvas without a pointer: in graph order by Tab, wired by keys, heard, and as a list."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.canvas.conftest import Open
from tests.e2e.canvas.sheet import node, wire
from tests.e2e.conftest import keep_screen
from tests.e2e.editing import ASKING

pytestmark = pytest.mark.e2e


def focused(page: Page) -> str:
    """The node or wire that has the keyboard."""
    return page.evaluate(
        "document.activeElement?.closest('.react-flow__node, .react-flow__edge')?.dataset.id ?? ''"
    )


def test_C98_tab_walks_in_graph_order_and_connect_mode_wires_by_name(draw: Open) -> None:
    nodes = [
        node("z_start", "start", name="Begin"),
        node("b", "wait", x=300, y=160, name="Second"),
        node("a", "condition", x=300, name="Rich?", config={"rules": {"rows": []}}),
        node("far", "wait", x=4000, y=100, name="Far away"),
    ]
    wires = [wire("z_start", "a"), wire("a", "b", "yes"), wire("b", "far")]
    sheet = draw(nodes, wires)
    page = sheet.page
    page.get_by_test_id("palette").get_by_role("textbox").focus()
    page.evaluate("document.querySelector('[data-canvas-begins]').focus()")
    seen: list[str] = []
    for _ in range(7):
        sheet.press("Tab")
        page.wait_for_function(
            "last => { const at = document.activeElement?.closest('.react-flow__node, .react-flow__edge')?.dataset.id; return at && at !== last }",
            arg=seen[-1] if seen else "",
        )
        seen.append(focused(page))
    assert seen == ["z_start", "a", "b", "far", "z_start.out>a.in", "a.yes>b.in", "b.out>far.in"]
    named = page.locator('.react-flow__edge[data-id="a.yes>b.in"]')
    expect(named).to_have_attribute("aria-label", "Rich? → Second (yes)")
    sheet.press("Tab")
    page.wait_for_function("!document.activeElement?.closest('.react-flow__node, .react-flow__edge')")
    sheet.press("Shift+Tab")
    page.wait_for_function(
        "document.activeElement?.closest('.react-flow__edge')?.dataset.id === 'b.out>far.in'"
    )
    for _ in range(3):
        before = focused(page)
        sheet.press("Shift+Tab")
        page.wait_for_function("last => document.activeElement?.dataset.id !== last", arg=before)
    assert focused(page) == "far"
    expect(sheet.node("far")).to_be_in_viewport(ratio=0.9)
    sheet.press(" ")
    sheet.expect_selected("far")
    expect(sheet.by_id("announcer")).to_contain_text("Far away selected")
    sheet.press("ArrowDown")
    expect(sheet.by_id("announcer")).to_contain_text("Far away moved to 4000, 108")
    sheet.press("Escape", "Shift+Tab")
    page.wait_for_function("document.activeElement?.dataset.id === 'b'")
    sheet.press("Shift+Tab")
    page.wait_for_function("document.activeElement?.dataset.id === 'a'")
    sheet.press(" ", "e")
    page.keyboard.type("far")
    expect(sheet.by_id("connect-no-far")).to_be_visible()
    sheet.press("ArrowDown", "Enter")
    sheet.joined("a", "far", "no")
    expect(sheet.by_id("announcer")).to_contain_text("is wired to Far away")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something of that name has the keyboard."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip() == name:
            return
    raise AssertionError(f"Tab never came to “{name}”")


def test_C98_a_workflow_is_built_run_and_approved_without_a_pointer(draw: Open) -> None:
    sheet = draw([node("start", "start"), node("done", "output", x=320)], [wire("start", "done")])
    page = sheet.page
    sheet.press("o")
    expect(sheet.by_id("outline-start")).to_be_focused()
    sheet.press("n")
    page.keyboard.type("human approval")
    sheet.press("Enter")
    sheet.joined("start", "human_approval")
    sheet.joined("human_approval", "done", "approved")
    expect(sheet.by_id("problems")).not_to_contain_text("Checking")
    sheet.press("Control+Enter")
    expect(sheet.by_id("dialog-run")).to_be_visible()
    sheet.press("Control+Enter")
    expect(sheet.node("human_approval")).to_have_attribute("data-state", "waiting_person", timeout=120_000)
    run = str(sheet.by_id("run-link").get_attribute("href"))
    tab_to(page, "Decide")
    sheet.press("Enter")
    page.get_by_text("You decide on exactly what is shown here").wait_for()
    sheet.press("a")
    page.goto(run)
    expect(page.get_by_test_id("run-view")).to_have_attribute("data-status", "succeeded", timeout=120_000)


def test_C99_the_outline_is_a_tree_for_the_keyboard_and_edits_on_a_phone(draw: Open) -> None:
    nodes = [
        node("start", "start"),
        node("each", "map_list", x=280, name="For each", size=[520, 240], config={"items": "[1]"}),
        node("part", "wait", x=40, y=80, parent="each", name="Inner"),
        node("done", "output", x=880, name="Answer"),
    ]
    sheet = draw(nodes, [wire("start", "each"), wire("each", "done")])
    page = sheet.page
    sheet.press("o")
    tree = sheet.by_id("outline-panel").get_by_role("tree")
    expect(tree.get_by_role("treeitem")).to_have_count(4)
    inner = tree.get_by_test_id("outline-part")
    expect(inner).to_have_attribute("aria-level", "2")
    tree.get_by_test_id("outline-start").focus()
    sheet.press("ArrowDown", "ArrowLeft")
    expect(tree.get_by_role("treeitem")).to_have_count(3)
    sheet.press("ArrowRight", "ArrowRight")
    expect(inner).to_be_focused()
    sheet.expect_selected("part")
    sheet.press("ArrowLeft", "End")
    expect(tree.get_by_test_id("outline-done")).to_be_focused()
    sheet.press("Home", "n")
    page.keyboard.type("set f")
    sheet.press("Enter")
    sheet.joined("start", "set_fields")
    sheet.joined("set_fields", "each")
    expect(sheet.by_id("inspector-name")).to_have_value("Set fields")
    keep_screen(page, "editor-outline-panel")
    page.set_viewport_size({"width": 390, "height": 844})
    try:
        row = page.get_by_test_id("outline-done")
        page.get_by_role("button", name="Close the settings").click()
        row.click()
        page.get_by_test_id("inspector-name").fill("Reply")
        page.get_by_role("button", name="Close the settings").click()
        expect(row).to_contain_text("Reply")
        page.get_by_test_id("outline-set_fields").click()
        page.get_by_role("button", name="Close the settings").click()
        page.get_by_test_id("outline-do-delete").click()
        expect(page.get_by_test_id("outline-set_fields")).to_have_count(0)
        page.get_by_test_id("outline-do-undo").click()
        expect(page.get_by_test_id("outline-set_fields")).to_be_visible()
        keep_screen(page, "editor-outline-phone")
    finally:
        page.set_viewport_size({"width": 1400, "height": 900})


# What fades in is pale for a moment.
COMING_TO_REST = """() => Promise.allSettled(
    document.getAnimations().filter(one => one.effect.getComputedTiming().endTime < 10_000).map(one => one.finished))"""


def serious(page: Page) -> list[str]:
    """What axe calls serious or worse, each with the element that it found first."""
    page.evaluate(COMING_TO_REST)
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    worst = [one for one in found if one["impact"] in ("serious", "critical")]
    return [f"{one['id']} ({len(one['nodes'])}): {one['nodes'][0]['html'][:200]}" for one in worst]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_C98_axe_finds_nothing_serious_in_the_editor(draw: Open, dark: bool) -> None:
    broken = [*ASKING["nodes"], node("bad", "code", x=640, y=520, config={})]
    sheet = draw(broken, ASKING["wires"])
    page = sheet.page
    page.emulate_media(color_scheme="dark" if dark else "light")
    expect(page.locator("html")).to_contain_class("dark" if dark else "light")
    try:
        found = {"canvas": serious(page)}
        for keys, name in (
            (["F8"], "problems"),
            (["Escape", "Escape", "Shift+H"], "history"),
            (["Escape", "o"], "outline"),
        ):
            sheet.press(*keys)
            found[name] = serious(page)
        sheet.press("o")
        sheet.click_node("check")
        sheet.by_id("inspector").wait_for()
        found["settings"] = serious(page)
        page.set_viewport_size({"width": 390, "height": 844})
        page.get_by_role("button", name="Close the settings").click()
        found["phone"] = serious(page)
    finally:
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1400, "height": 900})
    told = [f"{place}: {one}" for place, all_of_it in found.items() for one in all_of_it]
    assert not told, "\n".join(told)


def test_C98_controls_are_large_enough_to_be_hit(draw: Open) -> None:
    page = draw(ASKING["nodes"], ASKING["wires"]).page
    page.get_by_test_id("node-check").click()
    page.get_by_test_id("inspector").wait_for()
    small = page.evaluate(
        """() => [...document.querySelectorAll('.qe-editor :is(button, [role=button])')]
          .filter((one) => one.offsetParent && !one.closest('.react-flow__viewport'))
          .map((one) => [one.getBoundingClientRect(), one.outerHTML.slice(0, 160)])
          .filter(([box]) => box.width && (box.width < 23.5 || box.height < 23.5)).map(([box, html]) => `${box.width}x${box.height} ${html}`)"""
    )
    assert small == []


# The area of each port that takes the pointer, in pixels of the screen.
AREAS = """() => [...document.querySelectorAll('.qc-port')].map((port) => {
  const own = port.getBoundingClientRect();
  const zoom = new DOMMatrix(document.querySelector('.react-flow__viewport').style.transform).a;
  const area = getComputedStyle(port, '::after');
  const border = getComputedStyle(port);
  const px = (text) => parseFloat(text) * zoom;
  const left = own.left + px(border.borderLeftWidth) + px(area.left);
  const top = own.top + px(border.borderTopWidth) + px(area.top);
  return { id: port.dataset.testid, row: Boolean(port.closest('.qc-port-row')), left, top, right: left + px(area.width), bottom: top + px(area.height) };
})"""


def test_C98_ports_are_large_enough_at_any_zoom_and_never_lie_over_each_other(draw: Open) -> None:
    nodes = [
        node("start", "start"),
        node("ask", "condition", x=320, name="Rich?", config={"rules": {"rows": []}}),
        node("next", "wait", x=640),
    ]
    sheet = draw(nodes, [wire("start", "ask"), wire("ask", "next", "yes")])
    page = sheet.page
    sheet.press("Shift+0")
    sheet.still()
    for _ in range(6):
        page.wait_for_function(
            "() => { const zoom = new DOMMatrix(document.querySelector('.react-flow__viewport').style.transform).a;"
            " const inverse = Number(getComputedStyle(document.querySelector('[data-testid=canvas]')).getPropertyValue('--qc-inverse'));"
            " return inverse >= 0.999 / zoom && inverse < 1.2 / Math.min(zoom, 1) }"
        )
        zoom = sheet.zoom()
        areas = page.evaluate(AREAS)
        assert len(areas) == 6
        for one in areas:
            assert one["right"] - one["left"] >= 23.9, f"{one} at {zoom}"
            assert one["bottom"] - one["top"] >= (23.9 * zoom if one["row"] and zoom < 1 else 23.9), one
            for other in areas:
                apart = (
                    one["right"] <= other["left"] + 0.6
                    or other["right"] <= one["left"] + 0.6
                    or one["bottom"] <= other["top"] + 0.6
                    or other["bottom"] <= one["top"] + 0.6
                )
                assert one is other or apart, f"{one} and {other} at {zoom}"
        if zoom < 0.36:
            break
        sheet.press("-")
        page.wait_for_function(
            "was => new DOMMatrix(document.querySelector('.react-flow__viewport').style.transform).a < was - 0.01",
            arg=zoom,
        )
        sheet.still()
    assert sheet.zoom() < 0.5
    outer = next(one for one in page.evaluate(AREAS) if one["id"] == "handle-start-out")
    sheet.pull((outer["right"] - 3, (outer["top"] + outer["bottom"]) / 2), sheet.empty_spot())
    expect(page.get_by_test_id("picker")).to_be_visible()
