"""What is wrong: problems one after the other, failed nodes, playings of a container, kinds that are not installed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.canvas.conftest import Open
from tests.e2e.canvas.sheet import Sheet, node, wire
from tests.e2e.conftest import keep_screen
from tests.e2e.line import Line

pytestmark = pytest.mark.e2e


def test_C80_problems_are_counted_walked_through_and_keep_it_from_being_published(draw: Open) -> None:
    nodes = [
        node("start", "start"),
        node("one", "code", x=300, name="First", config={}),
        node("two", "code", x=600, name="Second", config={}),
        node("done", "output", x=900),
    ]
    sheet = draw(nodes, [wire("start", "one"), wire("one", "two"), wire("two", "done")])
    expect(sheet.by_id("problems")).to_contain_text("2 problems")
    for button in ("run-button", "publish-button"):
        expect(sheet.by_id(button).locator(".qe-count")).to_have_text("2")
    sheet.press("F8")
    panel = sheet.by_id("problems-panel")
    expect(panel.locator('[aria-current="true"]')).to_contain_text("First")
    sheet.expect_selected("one")
    sheet.press("F8")
    expect(panel.locator('[aria-current="true"]')).to_contain_text("Second")
    sheet.expect_selected("two")
    sheet.press("Shift+F8")
    sheet.expect_selected("one")
    keep_screen(sheet.page, "editor-problems")
    sheet.by_id("publish-button").click()
    blocked = sheet.by_id("publish-blocked")
    expect(blocked.get_by_role("button")).to_have_count(2)
    expect(sheet.by_id("publish-confirm")).to_be_disabled()
    blocked.get_by_role("button").nth(1).click()
    expect(sheet.by_id("inspector-name")).to_have_value("Second")


def test_C80_what_was_changed_without_a_connection_is_checked_when_the_server_has_it(
    signed_in: Callable[..., Page],
) -> None:
    """The socket is cut; requests still reach the server, which does not know of the change."""
    page = signed_in("/")
    line = Line(page, r"/workflows/[^/]+/draft")
    page.clock.install()
    sheet = Sheet(page)
    sheet.open({"quadrille": 1, "name": "A sheet", "nodes": [node("start", "start")], "wires": []})
    expect(sheet.by_id("problems")).to_contain_text("No problems")
    line.cut()
    expect(sheet.by_id("save-state")).to_have_attribute("data-state", "offline")
    sheet.by_id("palette-item-code").click()
    expect(sheet.node("code")).to_be_visible()
    page.clock.run_for(20_000)
    expect(sheet.by_id("save-state")).to_have_attribute("data-state", "offline")
    line.mend()
    expect(sheet.by_id("save-state")).to_have_attribute("data-state", "saved")
    expect(sheet.by_id("problems")).to_contain_text("1 problem")


def test_C81_a_failed_node_tells_why_and_can_be_tried_again(draw: Open) -> None:
    nodes = [
        node("start", "start"),
        node(
            "bad",
            "code",
            x=300,
            name="Divide",
            config={"source": "1 / 0"},
            retry={"max_attempts": 2, "backoff_seconds": 0},
        ),
        node("done", "output", x=600),
    ]
    sheet = draw(nodes, [wire("start", "bad"), wire("bad", "done")])
    sheet.press("Control+Enter")
    sheet.by_id("run-start").click()
    expect(sheet.node("bad")).to_have_attribute("data-state", "failed", timeout=120_000)
    expect(sheet.node("bad").locator(".qc-cause")).to_contain_text("zero")
    sheet.node("bad").hover()
    told = sheet.by_id("failure-bad")
    expect(told).to_be_visible()
    expect(told).to_contain_text("Attempt 2 of 2")
    first = sheet.by_id("run-link").get_attribute("href")
    expect(told.get_by_role("link", name="Open run")).to_have_attribute("href", first or "")
    keep_screen(sheet.page, "editor-failed")
    told.get_by_role("button", name="Retry").click()
    expect(sheet.by_id("run-link")).not_to_have_attribute("href", first or "")
    expect(sheet.node("bad")).to_have_attribute("data-state", "failed", timeout=120_000)
    sheet.page.mouse.move(2, 2)
    sheet.node("bad").hover()
    sheet.by_id("ask-assistant").click()
    expect(sheet.by_id("describe-failure")).to_contain_text("zero")
    sheet.by_id("describe-model").select_option("")
    sheet.by_id("describe-ask").click()
    expect(sheet.by_id("proposal-told")).to_contain_text("The code raised an error", timeout=120_000)
    expect(sheet.by_id("change-bad")).to_contain_text("changed")
    sheet.by_id("proposal-accept").click()
    expect(sheet.port("bad", "error")).to_be_visible()


def test_C82_each_playing_of_a_container_has_a_dot_that_filters_what_happened(draw: Open) -> None:
    nodes = [
        node("start", "start"),
        node(
            "each",
            "map_list",
            x=280,
            name="For each",
            size=[520, 240],
            config={"items": "[4, 0, 2]", "on_item_error": "collect"},
        ),
        node("part", "code", x=40, y=80, parent="each", name="Share", config={"source": "12 / item"}),
        node("done", "output", x=880),
    ]
    sheet = draw(nodes, [wire("start", "each"), wire("each", "done")])
    expect(sheet.by_id("problems")).to_contain_text("No problems")
    sheet.press("Control+Enter")
    sheet.by_id("run-start").click()
    dots = sheet.by_id("dots-each").get_by_role("button")
    expect(dots).to_have_count(3, timeout=120_000)
    expect(sheet.by_id("run-strip")).to_have_attribute("data-state", "succeeded", timeout=120_000)
    for place, state in enumerate(("succeeded", "failed", "succeeded")):
        expect(dots.nth(place)).to_have_attribute("data-state", state)
    rows = sheet.by_id("run-events").get_by_role("button")
    everything = rows.count()
    dots.nth(1).click()
    expect(dots.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(rows.filter(has_text="failed")).to_have_count(1)
    assert rows.count() < everything
    keep_screen(sheet.page, "editor-playings")
    dots.nth(1).click()
    expect(rows).to_have_count(everything)


def test_what_one_playing_did_is_not_hidden_by_another_that_passed_it_by(draw: Open) -> None:
    nodes = [
        node("start", "start"),
        node("each", "map_list", x=280, size=[820, 320], config={"items": "[4, 0]", "concurrency": 1}),
        node(
            "large",
            "condition",
            x=40,
            y=80,
            parent="each",
            config={"by": "expression", "expression": "item > 3"},
        ),
        node("half", "code", x=360, y=60, parent="each", config={"source": "item / 2"}),
    ]
    sheet = draw(nodes, [wire("start", "each"), wire("large", "half", "yes")])
    sheet.press("Control+Enter")
    sheet.by_id("run-start").click()
    expect(sheet.by_id("run-strip")).to_have_attribute("data-state", "succeeded", timeout=120_000)
    expect(sheet.node("half")).to_have_attribute("data-state", "succeeded")


def test_C83_an_unknown_kind_keeps_its_wires_and_settings_and_takes_another_kind(draw: Open) -> None:
    nodes = [
        node("start", "start"),
        node("old", "vanished", x=300, name="Shout", config={"duration": 5, "volume": 11}),
        node("left", "output", x=650),
        node("right", "wait", x=650, y=200),
    ]
    sheet = draw(nodes, [wire("start", "old"), wire("old", "left", "loud"), wire("old", "right", "quiet")])
    for target, port in (("left", "loud"), ("right", "quiet")):
        expect(sheet.wire("old", target, port).locator("path.react-flow__edge-path")).to_be_attached()
    expect(sheet.node("old")).to_contain_text("not installed")
    keep_screen(sheet.page, "editor-placeholder")
    sheet.by_id("problems").click()
    sheet.by_id("update-old").click()
    sheet.page.get_by_label("Kind that takes its place").select_option("wait")
    preview = sheet.by_id("update-preview")
    expect(preview).to_contain_text("volume")
    expect(preview.locator(".qe-side-removed")).to_have_text("11")
    sheet.by_id("update-confirm").click()
    sheet.joined("old", "left")
    sheet.joined("old", "right")
    expect(sheet.node("old")).to_have_attribute("data-kind", "wait")
    sheet.undo()
    expect(sheet.node("old")).to_have_attribute("data-kind", "vanished")
    sheet.joined("old", "left", "loud")


def test_C83_a_node_of_a_newer_version_is_marked_and_takes_the_one_that_is_here(draw: Open) -> None:
    nodes = [
        node("start", "start"),
        node("late", "wait", x=300, kind_version=9, config={"duration": 3, "colour": "red"}),
    ]
    sheet = draw(nodes, [wire("start", "late")])
    expect(sheet.node("late")).to_contain_text("v9")
    sheet.by_id("problems").click()
    sheet.by_id("update-late").click()
    expect(sheet.by_id("update-preview").locator(".qe-side-removed")).to_have_text("red")
    sheet.by_id("update-confirm").click()
    expect(sheet.node("late")).not_to_contain_text("v9")
    sheet.joined("start", "late")


def test_C83_a_missing_secret_is_marked_on_its_node_and_updated_there_or_added(draw: Open) -> None:
    config = {"url": "https://example.com", "secret": "crm_key"}
    nodes = [node("start", "start"), node("get", "http_request", x=300, name="Ask the CRM", config=config)]
    sheet = draw(nodes, [wire("start", "get")])
    card = sheet.node("get")
    expect(card).to_have_attribute("data-missing", "true")
    expect(card).to_contain_text("crm_key missing")
    keep_screen(sheet.page, "editor-missing-secret")
    sheet.by_id("problems").click()
    sheet.by_id("update-get").click()
    sheet.page.get_by_label("Value of crm_key").fill("s3cret")
    sheet.by_id("update-confirm").click()
    expect(card).not_to_have_attribute("data-missing", "true")
    expect(sheet.by_id("problems")).to_contain_text("No problems")
    sheet.click_node("get")
    sheet.page.locator('[id="f.secret"]').fill("gone_key")
    expect(card).to_contain_text("gone_key missing")
    sheet.by_id("problems").click()
    sheet.by_id("update-get").click()
    sheet.page.get_by_label("Secret that takes its place").select_option("crm_key")
    expect(sheet.by_id("update-preview").locator(".qe-side-removed")).to_contain_text("gone_key")
    sheet.by_id("update-confirm").click()
    expect(sheet.by_id("dialog-secret")).to_have_count(0)
    expect(card).not_to_have_attribute("data-missing", "true")
    sheet.joined("start", "get")
