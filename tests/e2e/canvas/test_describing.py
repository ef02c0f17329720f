"""A diagram proposed for a sentence, taken over in parts; help with a failed node; the module; words of expressions."""

import pytest
from playwright.sync_api import expect

from tests.e2e.canvas.conftest import Open
from tests.e2e.canvas.sheet import node, wire

pytestmark = pytest.mark.e2e


def test_a_sentence_becomes_a_diagram_that_is_accepted_in_parts_and_undone_at_once(draw: Open) -> None:
    sheet = draw([node("start", "start"), node("output", "output", x=320)], [wire("start", "output")])
    sheet.press("Control+a", "Delete")
    sheet.by_id("empty-describe").click()
    choices = sheet.by_id("describe-told")
    sheet.by_id("describe-model").select_option("")
    sheet.by_id("describe-sentence").fill("greet somebody after an approval")
    sheet.by_id("describe-ask").click()
    expect(sheet.by_id("proposal-told").or_(choices)).to_be_visible(timeout=120_000)
    if choices.is_visible():
        choices.get_by_role("group", name="Templates").get_by_text("Hello approval").click()
    expect(sheet.by_id("proposal-told")).to_contain_text("No model was asked", timeout=120_000)
    expect(sheet.by_id("tick-greeting")).to_be_checked()
    sheet.by_id("tick-silence").uncheck()
    expect(sheet.by_id("tick-approve.rejected>silence.in")).not_to_be_checked()
    sheet.by_id("tick-silence.out>output.in").check()
    expect(sheet.by_id("tick-silence")).to_be_checked()
    sheet.by_id("tick-silence").uncheck()
    sheet.by_id("proposal-accept").click()
    expect(sheet.node("greeting")).to_be_visible()
    expect(sheet.node("silence")).to_have_count(0)
    sheet.joined("greeting", "approve")
    sheet.undo()
    expect(sheet.page.locator(".react-flow__node")).to_have_count(0)


def test_what_is_drawn_is_left_alone_without_a_model_and_the_module_is_downloaded(draw: Open) -> None:
    sheet = draw(
        [node("start", "start"), node("pause", x=300, name="Wait a while"), node("done", "output", x=600)],
        [wire("start", "pause"), wire("pause", "done")],
    )
    sheet.press("Shift+D")
    sheet.by_id("describe-model").select_option("")
    sheet.by_id("describe-sentence").fill("add an approval before the end")
    sheet.by_id("describe-ask").click()
    expect(sheet.by_id("describe-told")).to_contain_text("takes a model", timeout=120_000)
    sheet.press("Escape")
    sheet.by_id("more").click()
    with sheet.page.expect_download() as coming:
        sheet.by_id("export-python").click()
    source = coming.value.path().read_text(encoding="utf-8")
    assert coming.value.suggested_filename.endswith(".py")
    assert "def wait_a_while(state: State):" in source


def test_C61_functions_methods_and_filters_are_completed_with_their_signatures(draw: Open) -> None:
    sheet = draw(
        [
            node("start", "start"),
            node("say", "set_fields", x=300, config={"fields": [{"name": "a", "value": "x"}]}),
        ],
        [wire("start", "say")],
    )
    sheet.click_node("say")
    sheet.press("Enter")
    page = sheet.page
    field = page.get_by_label("Value 1", exact=True)
    field.fill("x ")
    page.keyboard.type("{{ le")
    row = sheet.by_id("complete-len()")
    expect(row).to_contain_text("len(value)")
    expect(row).to_contain_text("How many entries or letters")
    row.click()
    expect(field).to_have_value("x {{ len() }}")
    page.keyboard.type("input.rows")
    expect(field).to_have_value("x {{ len(input.rows) }}")
    page.keyboard.press("ArrowRight")
    page.keyboard.type(" | tru")
    expect(sheet.by_id("complete-truncate()")).to_contain_text("truncate(80)")
