"""Versions: published, named, looked at, compared on one canvas, restored."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.canvas.conftest import Open
from tests.e2e.canvas.sheet import Sheet, node, wire
from tests.e2e.conftest import SCREENS, keep_screen

pytestmark = pytest.mark.e2e

BEFORE: list[dict[str, Any]] = [
    node("start", "start"),
    node("say", "wait", x=300, name="Pause", config={"duration": 1}),
    node("gone", "wait", x=600, name="Gone"),
    node("done", "output", x=900, name="Answer"),
]
WIRES = [wire("start", "say"), wire("say", "gone"), wire("gone", "done")]


def publish(sheet: Sheet) -> None:
    sheet.press("Escape", "Escape", "Shift+P")
    expect(sheet.by_id("problems")).to_contain_text("No problems")
    sheet.by_id("publish-confirm").click()
    expect(sheet.by_id("dialog-publish")).to_have_count(0)


def changed(sheet: Sheet) -> None:
    """A node less, one more, a setting changed, one moved."""
    sheet.click_node("gone")
    sheet.press("Delete")
    expect(sheet.node("gone")).to_have_count(0)
    sheet.click_node("say")
    sheet.by_id("inspector-name").fill("Long pause")
    sheet.press("Enter", "Escape", "Escape")
    expect(sheet.by_id("inspector")).to_have_count(0)
    sheet.click_node("done")
    sheet.press("Shift+ArrowDown")
    sheet.by_id("palette-item-set_fields").click()
    expect(sheet.node("set_fields")).to_be_visible()
    sheet.press("Escape", "Escape")
    expect(sheet.by_id("save-state")).to_have_attribute("data-state", "saved")


def test_C91_versions_are_published_named_looked_at_and_restored(draw: Open) -> None:
    sheet = draw(BEFORE, WIRES)
    publish(sheet)
    sheet.press("Control+s")
    sheet.page.get_by_label("Name of the version").fill("As agreed")
    sheet.by_id("name-version-confirm").click()
    expect(sheet.by_id("dialog-name-version")).to_have_count(0)
    sheet.click_node("gone")
    sheet.press("Delete", "Shift+H")
    expect(sheet.node("gone")).to_have_count(0)
    entries = sheet.by_id("history").locator("li")
    expect(entries).to_have_count(2)
    expect(entries.nth(0)).to_contain_text("As agreed")
    expect(entries.nth(1)).to_contain_text("Version 1")
    expect(entries.nth(1)).to_contain_text("Ada Lovelace")
    width = entries.nth(1).locator("img")
    expect(width).to_have_js_property("complete", True)
    assert width.evaluate("it => it.naturalWidth") > 0, "the thumbnail is drawn"
    keep_screen(sheet.page, "editor-history")
    entries.nth(1).get_by_role("button", name="Look at Version 1").click()
    preview = sheet.by_id("compare")
    expect(preview.get_by_test_id("node-gone")).to_be_visible()
    expect(preview.locator(".connectable")).to_have_count(0)
    sheet.press("Delete")
    expect(preview.get_by_test_id("node-gone")).to_be_visible()
    preview.get_by_test_id("restore").click()
    expect(sheet.by_id("canvas").get_by_test_id("node-gone")).to_be_visible()
    sheet.joined("gone", "done")
    if not sheet.by_id("history").is_visible():
        sheet.press("Shift+H")
    expect(entries).to_have_count(4)
    expect(entries.nth(0)).to_contain_text("Restored version 1")
    expect(entries.nth(1)).to_contain_text("Before version 1 was restored")


def test_C91_what_is_not_live_is_counted_in_the_bar_and_in_the_list(draw: Open) -> None:
    sheet = draw(BEFORE, WIRES)
    sign = sheet.by_id("unpublished")
    publish(sheet)
    expect(sign).to_have_count(0)
    sheet.click_node("done")
    sheet.press("Shift+ArrowDown", "Escape", "Escape")
    expect(sign).to_have_attribute("aria-label", "Only places differ from what is live")
    sheet.press("Shift+1")  # settings that had the time to open have moved the view
    sheet.still()
    sheet.click_node("say")
    sheet.by_id("inspector-name").fill("Longer pause")
    sheet.press("Enter", "Escape", "Escape")
    sheet.click_node("gone")
    sheet.press("Delete", "Escape")
    expect(sign).to_have_attribute("aria-label", re.compile(r"^\d changes not published$"))
    keep_screen(sheet.page, "editor-unpublished")
    sign.click()
    expect(sheet.by_id("compare")).to_have_attribute("data-after", "draft")
    expect(sheet.by_id("compare")).to_have_attribute("data-before", "published")
    before = sheet.page.locator(".qe-compare-canvas .react-flow__viewport").get_attribute("style")
    sheet.page.set_viewport_size({"width": 1000, "height": 700})
    sheet.page.wait_for_function(
        "was => document.querySelector('.qe-compare-canvas .react-flow__viewport').getAttribute('style') !== was",
        arg=before,
    )
    sheet.page.set_viewport_size({"width": 1400, "height": 900})
    sheet.press("Escape")
    sheet.page.goto("/workflows")
    row = sheet.page.locator(".qk-row").filter(
        has=sheet.page.locator(f'a[href="/workflows/{sheet.workflow}"]')
    )
    expect(row).to_contain_text("edited since")
    sheet.page.goto(f"/workflows/{sheet.workflow}")
    sheet.ready("start")
    publish(sheet)
    expect(sign).to_have_count(0)


def test_C92_two_versions_are_compared_on_one_canvas(draw: Open) -> None:
    sheet = draw(BEFORE, WIRES)
    publish(sheet)
    changed(sheet)
    sheet.press("Shift+H")
    sheet.by_id("version-1").get_by_role("button", name="Compare").click()
    canvas = sheet.by_id("compare-canvas")
    for how, there in (("added", "set_fields"), ("removed", "gone"), ("changed", "say"), ("moved", "done")):
        expect(canvas.locator(f'.react-flow__node.qe-is-{how}[data-id="{there}"]')).to_be_visible()
    for wire_id, how in (
        ("gone.out>done.in", "removed"),
        ("say.out>gone.in", "removed"),
        ("say.out>done.in", "added"),
    ):
        expect(canvas.locator(f'.react-flow__edge.qe-is-{how}[data-id="{wire_id}"]')).to_be_attached()
    expect(canvas.locator('.react-flow__node[data-id="start"][class*="qe-is-"]')).to_have_count(0)
    keep_screen(sheet.page, "editor-compare")
    count = sheet.by_id("change-count")
    expect(count).to_have_text("7 changes")
    sheet.press("j")
    expect(sheet.by_id("change-at")).to_have_text("1 of 7")
    expect(sheet.by_id("change-say")).to_have_attribute("aria-expanded", "true")
    fields = sheet.by_id("field-changes")
    expect(fields).to_contain_text("Name")
    expect(fields.locator(".qe-side-removed")).to_have_text("Pause")
    expect(fields.locator(".qe-side-added")).to_have_text("Long pause")
    sheet.press("k")
    expect(sheet.by_id("change-at")).to_have_text("7 of 7")
    sheet.page.get_by_role("switch", name="Show what was only moved").click()
    expect(count).to_have_text("6 changes")
    expect(canvas.locator('.react-flow__node[data-id="done"][class*="qe-is-"]')).to_have_count(0)
    sheet.page.get_by_role("button", name="Turn the comparison around").click()
    expect(canvas.locator('.react-flow__node.qe-is-added[data-id="gone"]')).to_be_visible()
    sheet.press("Escape")
    expect(sheet.by_id("compare")).to_have_count(0)
    expect(sheet.node("say")).to_contain_text("Long pause")


def test_a_link_for_looking_shows_the_draft_or_a_version_and_changes_nothing(draw: Open) -> None:
    sheet = draw(BEFORE, WIRES)
    sheet.page.goto(f"/workflows/{sheet.workflow}?view=only")
    sheet.node("say").wait_for()
    expect(sheet.by_id("save-state")).to_contain_text("View only")
    for absent in ("palette", "undo", "publish-button", "run-button"):
        expect(sheet.by_id(absent)).to_have_count(0)
    before = sheet.at("say")
    sheet.click_node("say")
    sheet.press("Delete", "ArrowRight")
    assert sheet.at("say") == before
    sheet.by_id("edit-instead").click()
    expect(sheet.by_id("palette")).to_be_visible()
    publish(sheet)
    sheet.page.goto(f"/workflows/{sheet.workflow}?version=1")
    expect(sheet.by_id("compare")).to_have_attribute("data-after", "1")
    expect(sheet.by_id("compare-canvas").get_by_test_id("node-say")).to_be_visible()


def test_workflows_are_listed_with_their_picture(draw: Open) -> None:
    sheet = draw(BEFORE, WIRES)
    sheet.page.goto("/workflows")
    picture = sheet.page.locator(f'img[src*="{sheet.workflow}/thumbnail.svg"]')
    expect(picture).to_be_visible()
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("it => it.naturalWidth") > 0
    keep_screen(sheet.page, "workflows-with-pictures")


def test_the_diagram_is_exported_as_a_picture(draw: Open) -> None:
    page = draw(BEFORE, WIRES).page
    content, begins = b"", {"svg": b"<svg", "png": b"\x89PNG"}
    for kind, head in begins.items():
        page.get_by_test_id("more").click()
        with page.expect_download() as download:
            page.get_by_test_id(f"export-{kind}").click()
        expect(page.get_by_test_id(f"export-{kind}")).to_have_count(
            0
        )  # a menu that is closing would be closed again
        content = download.value.path().read_bytes()
        assert download.value.suggested_filename.endswith(f".{kind}")
        assert content.startswith(head)
        SCREENS.mkdir(parents=True, exist_ok=True)
        (SCREENS / f"exported.{kind}").write_bytes(content)
    width, height = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (2 * (900 + 232 + 64), 2 * (70 + 64)), "two pixels for each of the canvas"
