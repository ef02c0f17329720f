"""Finding one's way: panels and sub-workflows, find and replace, the palette of commands, shortcuts and menus."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.canvas.conftest import Open
from tests.e2e.canvas.sheet import Sheet, node, row, wire
from tests.e2e.canvas.test_editing import fields, hover_empty, in_draft
from tests.e2e.conftest import keep_screen
from tests.e2e.editing import new_workflow, post

pytestmark = pytest.mark.e2e

SUB = {
    "quadrille": 1,
    "name": "The inner one",
    "nodes": [{"id": "start", "kind": "start"}, {"id": "rest", "kind": "wait", "config": {"duration": 1}}],
    "wires": [{"source": "start", "target": "rest"}],
}


def test_C46_enter_and_double_click_open_the_panel_and_ctrl_the_sub_workflow(draw: Open) -> None:
    sheet = draw([node("a"), node("call", "sub_workflow", x=320, config={"workflow": ""})])
    sheet.click_node("a", hold="Control")
    sheet.press("Enter")
    expect(sheet.by_id("inspector-name")).to_be_visible()
    sheet.press("Escape", "Escape")
    x, y = sheet.head("a")
    sheet.page.mouse.dblclick(x, y + 30 * sheet.zoom())
    expect(sheet.by_id("inspector")).to_be_visible()
    sub = new_workflow(sheet.page, SUB)
    sheet = draw(
        [node("a"), node("call", "sub_workflow", x=320, config={"workflow": sub})], [wire("a", "call")]
    )
    outer = sheet.workflow
    sheet.page.keyboard.down("Control")
    sheet.page.mouse.dblclick(*sheet.head("call"))
    sheet.page.keyboard.up("Control")
    sheet.node("rest").wait_for()
    expect(sheet.by_id("workflow-name")).to_have_value("The inner one")
    sheet.by_id("trail").get_by_role("link", name="A sheet").click()
    sheet.node("call").wait_for()
    assert f"/workflows/{outer}" in sheet.page.url
    sheet.expect_selected("call")
    expect(sheet.by_id("trail")).to_have_count(0)


def test_C50_find_by_text_and_filter_walk_with_F3_and_replace_in_one_step(draw: Open) -> None:
    nodes = [
        node("start", "start"),
        fields("one", "Dear customer, your refund", 320),
        fields("two", "Refund of {{ input.amount }}", 640),
        node("off", x=960, name="Old refund", disabled=True),
        node(
            "page", "http_request", x=320, y=240, config={"url": "https://example.com", "secret": "Mail key"}
        ),
    ]
    sheet = draw(nodes, [wire("start", "one"), wire("one", "two"), wire("two", "off")])
    sheet.press("Control+f")
    sheet.page.keyboard.type("refund")
    bar = sheet.by_id("find")
    expect(bar).to_contain_text("0 of 3")
    sheet.press("Enter")
    sheet.expect_selected("one")
    sheet.press("F3")
    sheet.expect_selected("two")
    sheet.press("Shift+F3")
    sheet.expect_selected("one")
    keep_screen(sheet.page, "editor-find")
    sheet.press("Escape")
    expect(bar).to_have_count(0)
    sheet.press("F3")
    sheet.expect_selected("two")
    sheet.press("Control+f")
    sheet.by_id("find-field").fill("is:disabled")
    expect(bar).to_contain_text("of 1")
    expect(sheet.by_id("hit-off")).to_be_visible()
    sheet.by_id("find-field").fill('uses:"Mail key"')
    expect(sheet.by_id("hit-page")).to_be_visible()
    sheet.by_id("find-field").fill("is:invalid")
    expect(sheet.by_id("hit-page")).to_be_visible()
    expect(sheet.by_id("hit-one")).to_have_count(0)
    sheet.by_id("find-field").fill("refund")
    sheet.by_id("replace-field").fill("payment")
    sheet.by_id("replace-all").click()
    expect(bar).to_contain_text("0 of 0")
    assert in_draft(sheet, "one")["config"]["fields"][0]["value"] == "Dear customer, your payment"
    assert in_draft(sheet, "two")["config"]["fields"][0]["value"] == "payment of {{ input.amount }}"
    assert in_draft(sheet, "off")["name"] == "Old payment"
    sheet.press("Escape")
    sheet.undo()
    assert in_draft(sheet, "off")["name"] == "Old refund"
    expect(sheet.by_id("undo")).to_be_disabled()


def test_C51_the_palette_finds_commands_nodes_workflows_and_runs(draw: Open) -> None:
    other = new_workflow(sheet_page := draw([node("x")]).page, {**SUB, "name": "Quite another thing"})
    runnable = [node("start", "start"), node("a", x=320, name="Ring the bell")]
    sheet = draw(runnable, [wire("start", "a")])
    run = post(sheet_page, f"/workflows/{sheet.workflow}/runs", {"input": {}, "version": "draft"})["id"]
    options = sheet.by_id("dialog-commands").get_by_role("option")
    sheet.press("Control+k")
    sheet.page.keyboard.type("tidy")
    expect(options.first).to_contain_text("Tidy the layout")
    expect(options.first).to_contain_text("Shift")
    sheet.press("Escape", "Control+k")
    sheet.page.keyboard.type("@bell")
    expect(options).to_have_count(1)
    sheet.press("Enter")
    sheet.expect_selected("a")
    expect(sheet.by_id("inspector-name")).to_have_value("Ring the bell")
    sheet.press("Escape", "Escape", "Control+k")
    sheet.page.keyboard.type("/bell")
    expect(sheet.by_id("dialog-commands")).to_contain_text("Nothing is called like that")
    sheet.press("Escape", "Control+k")
    sheet.page.keyboard.type("Run of")
    expect(sheet.by_id(f"command-{run}")).to_contain_text(re.compile(r"Run · \w+"))
    sheet.press("Escape", "Control+k")
    sheet.page.keyboard.type("quite another")
    expect(options.first).to_contain_text("Quite another thing")
    keep_screen(sheet.page, "editor-commands")
    sheet.press("Enter")
    sheet.page.wait_for_url(re.compile(other))


def test_C51_the_sheet_shows_every_command_that_has_keys(draw: Open) -> None:
    sheet = draw([node("a")])
    sheet.press("?")
    dialog = sheet.by_id("dialog-shortcuts")
    for name in ("undo", "copy", "group", "tidy", "find", "run", "note", "disable"):
        expect(dialog.get_by_test_id(f"shortcut-{name}")).to_be_visible()
    expect(dialog.get_by_test_id("shortcut-tidy").locator("kbd")).to_have_text(["Shift", "L"])
    keep_screen(sheet.page, "editor-shortcuts")


def test_C52_shortcuts_can_be_changed_and_those_of_the_browser_stay_its_own(draw: Open) -> None:
    sheet = draw([node("a")])
    sheet.press("?")
    dialog = sheet.by_id("dialog-shortcuts")
    tidy = dialog.get_by_test_id("shortcut-tidy")
    tidy.get_by_role("button", name="Change the keys").click()
    sheet.press("Control+w")
    expect(tidy).to_contain_text("The browser keeps these keys")
    sheet.press("Control+d")
    expect(tidy).to_contain_text("These keys run “Duplicate”")
    sheet.press("Control+Alt+y")
    expect(tidy.locator("kbd")).to_have_text(["Ctrl", "Alt", "Y"])
    sheet.press("Escape")
    expect(sheet.page.get_by_role("button", name="Tidy the layout (Ctrl+Alt+Y)")).to_be_visible()
    sheet.press("Shift+l")
    expect(sheet.page.get_by_text("It is tidy already")).to_have_count(0)
    sheet.press("Control+Alt+y")
    expect(sheet.page.get_by_text("It is tidy already")).to_be_visible()
    x, y = sheet.empty_spot()
    sheet.page.mouse.click(x, y, button="right")
    expect(sheet.by_id("menu-tidy")).to_contain_text("Ctrl Alt Y")
    sheet.page.evaluate("localStorage.clear()")  # as another browser of the same person
    sheet.page.reload(wait_until="commit")
    sheet.ready("a")
    expect(sheet.page.get_by_role("button", name="Tidy the layout (Ctrl+Alt+Y)")).to_be_visible()
    sheet.press("Escape", "?")
    sheet.by_id("shortcuts-reset").click()
    expect(dialog.get_by_test_id("shortcut-tidy").locator("kbd")).to_have_text(["Shift", "L"])
    sheet.press("Escape")
    taken = sheet.page.evaluate(
        """keys => keys.filter((key) => !document.body.dispatchEvent(new KeyboardEvent("keydown",
            { key, ctrlKey: true, code: "Key" + key.toUpperCase(), bubbles: true, cancelable: true })))""",
        ["n", "w", "t", "l", "r"],
    )
    assert taken == []


def test_C53_menus_by_right_click_and_by_keys_on_everything(draw: Open) -> None:
    nodes, wires = row("a", "b")
    sheet = draw(nodes, wires)
    menu = sheet.by_id("context-menu")

    def about(what: str) -> None:
        expect(menu).to_have_attribute("data-about", what)

    sheet.page.mouse.click(*sheet.empty_spot(), button="right")
    about("canvas")
    sheet.by_id("menu-all").click()
    sheet.expect_selected("a", "b")
    sheet.page.mouse.click(*sheet.head("b"), button="right")
    about("selection")
    keep_screen(sheet.page, "editor-menu")
    sheet.press("Escape")
    expect(menu).to_have_count(0)
    sheet.press("Escape")
    sheet.page.mouse.click(*sheet.head("b"), button="right")
    about("node")
    sheet.expect_selected("b")
    sheet.by_id("menu-disable").click()
    expect(sheet.node("b")).to_have_attribute("data-disabled", "true")
    sheet.page.mouse.click(*sheet.on_wire("a", "b", 0.4), button="right")
    about("wire")
    sheet.by_id("menu-wire-delete").click()
    sheet.joined("a", "b", there=False)
    sheet.port("a").click(button="right")
    about("port")
    sheet.by_id("menu-port-next").click()
    expect(sheet.by_id("picker")).to_be_visible()
    sheet.press("Escape", "Escape")
    sheet.click_node("a", hold="Control")
    sheet.expect_selected("a")
    sheet.press("Shift+F10")
    about("node")
    _walk_to(sheet, "menu-duplicate")
    sheet.press("Enter")
    expect(sheet.node("a_2")).to_be_visible()
    sheet.press("Escape", "Escape")
    hover_empty(sheet)
    sheet.press("Shift+F10")
    about("canvas")


def _walk_to(sheet: Sheet, item: str) -> None:
    """Down the open menu; the focus follows each key a little later."""
    sheet.page.wait_for_function("document.activeElement.closest('[role=menu]')")
    while (at := sheet.page.evaluate(_FOCUSED)) != item:
        sheet.press("ArrowDown")
        sheet.page.wait_for_function(f"at => ({_FOCUSED}) !== at", arg=at)


_FOCUSED = "document.activeElement.dataset.testid"
