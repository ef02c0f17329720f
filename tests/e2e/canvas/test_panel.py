"""The panel of a node: data beside settings, fields that read it, what they give, and the way to its neighbours."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.canvas.conftest import Open
from tests.e2e.canvas.orders import SLOW, fields, open_panel, order, ran
from tests.e2e.canvas.sheet import Sheet, node, wire
from tests.e2e.editing import post

pytestmark = pytest.mark.e2e


def field(page: Page, name: str) -> str:
    """What a setting holds, as people see it."""
    return page.locator(f'[id="f.{name}"]').input_value()


def test_C60_the_panel_shows_input_parameters_and_output_side_by_side(draw: Open) -> None:
    sheet = draw(*order())
    open_panel(sheet, "big", "Input")
    expect(sheet.by_id("source-nodes.price")).to_contain_text("not run yet")
    ran(sheet, amount=10, who="Ada")
    open_panel(sheet, "big")
    sheet.by_id("panel-wide").click()
    panes = sheet.by_id("panel-columns")
    expect(panes.get_by_test_id("source-nodes.price")).to_contain_text("20")
    expect(panes.get_by_test_id("source-input")).to_contain_text("Ada")
    expect(panes.get_by_test_id("pane-output")).to_contain_text('"big 20"')
    expect(panes.get_by_label("Value 1", exact=True)).to_have_value("big {{ nodes.price.total }}")
    pane = panes.get_by_test_id("pane-input")
    price = pane.get_by_test_id("source-nodes.price")
    pane.get_by_role("button", name="Table").click()
    expect(price.locator("table")).to_contain_text("total")
    pane.get_by_role("button", name="JSON").click()
    expect(price.locator("pre")).to_contain_text('"total": 20')
    sheet.page.reload(wait_until="commit")
    sheet.ready("start")
    open_panel(sheet, "big")
    expect(sheet.by_id("panel-columns")).to_be_visible()
    expect(sheet.by_id("canvas")).to_be_visible()


def test_C61_a_field_is_dragged_in_or_chosen_while_typing_and_unknown_names_are_underlined(
    draw: Open,
) -> None:
    sheet = draw(*order())
    ran(sheet, amount=10, who="Ada")
    page = sheet.page
    open_panel(sheet, "big")
    sheet.by_id("panel-wide").click()
    value = page.get_by_label("Value 1", exact=True)
    value.fill("")
    sheet.by_id("data-nodes.price.total").drag_to(value)
    expect(value).to_have_value("nodes.price.total")
    expect(sheet.by_id("mode-fields.0.value")).to_have_text("Expression")
    sheet.by_id("mode-fields.0.value").click()
    value.fill("")
    value.type("For {{")
    row = sheet.by_id("complete-nodes.price.who")
    expect(row).to_contain_text("text")
    expect(row).to_contain_text("Ada")
    page.keyboard.type("who")
    expect(sheet.by_id("completion").get_by_role("option").first).to_contain_text("who")
    row.click()
    expect(value).to_have_value("For {{ nodes.price.who }}")
    value.press("End")
    value.type(" <")
    sheet.by_id("complete-input.amount").click()
    expect(value).to_have_value("For {{ nodes.price.who }} {{ input.amount }}")
    value.fill("Hi {{ nodes.prise.who }}")
    expect(sheet.by_id("reads-fields.0.value").locator("[data-tone=wrong]").first).to_have_text(
        "nodes.prise.who"
    )
    expect(sheet.by_id("preview-fields.0.value")).to_contain_text(
        "No node “prise” comes before", timeout=SLOW
    )


def test_C62_under_a_field_stands_what_it_gives_now(draw: Open) -> None:
    sheet = draw(*order())
    page = sheet.page
    open_panel(sheet, "check")
    preview = sheet.by_id("preview-expression")
    expect(preview).to_contain_text("Nothing is known of price yet", timeout=SLOW)
    ran(sheet, amount=10, who="Ada")
    open_panel(sheet, "check")
    expect(preview).to_have_text("= true", timeout=SLOW)
    box = page.locator('[id="f.expression"]')
    box.fill("nodes.price.total + 1")
    expect(preview).to_have_text("= 21", timeout=SLOW)
    box.fill("nodes.price.total +")
    expect(preview).to_contain_text("is not an expression", timeout=SLOW)
    expect(sheet.by_id("reads-expression").locator(".qe-underlines [data-tone=wrong]")).to_be_visible(
        timeout=SLOW
    )
    box.fill("len(nodes.price.items) * amuont")
    expect(sheet.by_id("reads-expression").locator(".qe-underlines [data-tone=wrong]")).to_have_text(
        "amuont", timeout=SLOW
    )


def test_C63_an_equals_sign_makes_an_expression_and_a_chip_goes_back(draw: Open) -> None:
    sheet = draw(*order())
    ran(sheet, amount=10, who="Ada")
    open_panel(sheet, "small")
    value = sheet.page.get_by_label("Value 1", exact=True)
    chip = sheet.by_id("mode-fields.0.value")
    expect(chip).to_have_text("Fixed")
    value.fill("")
    value.type("=")
    expect(chip).to_have_text("Expression")
    value.type("nodes.price.total * 2")
    sheet.press("Escape")
    expect(sheet.by_id("preview-fields.0.value")).to_have_text("= 40", timeout=SLOW)
    saved = sheet.page.request.get(f"/api/v1/workflows/{sheet.workflow}/draft.json")
    expect(sheet.by_id("save-state")).to_have_attribute("data-state", "saved")
    assert saved.ok
    chip.click()
    expect(chip).to_have_text("Fixed")
    expect(value).to_have_value("40")
    chip.click()
    expect(value).to_have_value("40")
    expect(chip).to_have_text("Expression")


def test_C64_forms_mark_what_is_needed_explain_and_fold_what_is_advanced(draw: Open) -> None:
    chat = node("ask", "chat_model", 300, 0, config={"prompt": "Hello"})
    sheet = draw([node("start", "start"), chat], [wire("start", "ask")])
    page = sheet.page
    open_panel(sheet, "ask")
    prompt = page.locator("[data-field=prompt]")
    expect(prompt.locator(".qe-required")).to_be_visible()
    expect(page.locator("[data-field=system] .qe-required")).to_have_count(0)
    prompt.get_by_role("note").focus()
    expect(page.get_by_role("tooltip")).to_contain_text("The question")
    temperature = page.locator('[id="f.temperature"]')
    expect(temperature).not_to_be_visible()
    sheet.by_id("advanced").locator("summary").click()
    expect(temperature).to_be_visible()
    expect(temperature).to_have_value("0.2")
    http = node("get", "http_request", 300, 0, config={"url": "https://example.com"})
    sheet = draw([node("start", "start"), http], [wire("start", "get")])
    open_panel(sheet, "get")
    expect(page.locator('[id="f.secret"]')).to_have_attribute("placeholder", "Name of a secret")


def test_C65_the_panel_steps_to_neighbours_without_closing(draw: Open) -> None:
    sheet = draw(*order())
    open_panel(sheet, "price")
    panel = sheet.by_id("inspector")
    sheet.by_id("step-next").click()
    expect(panel.locator("small code")).to_have_text("check")
    sheet.expect_selected("check")
    sheet.by_id("step-previous").focus()
    sheet.press("ArrowLeft")
    expect(panel.locator("small code")).to_have_text("price")
    sheet.by_id("step-next").focus()
    sheet.press("ArrowRight")
    expect(panel.locator("small code")).to_have_text("check")
    expect(sheet.by_id("step-next")).to_be_focused()
    sheet.press("ArrowRight")
    expect(panel.locator("small code")).to_have_text(re.compile("big|small"))
    expect(sheet.by_id("step-next")).to_be_disabled()
    sheet.by_id("canvas").click(position={"x": 420, "y": 700})
    expect(panel).to_be_visible()


def badge(sheet: Sheet, node_id: str, words: str) -> None:
    expect(sheet.node(node_id).locator(f'.qc-badge[title*="{words}"]')).to_be_visible()


def test_C66_a_node_shows_its_key_setting_and_its_badges(draw: Open) -> None:
    nodes = [
        node("start", "start"),
        fields("a", 300, total="1") | {"name": "Sum up", "pinned": {"total": 1}, "note": "Why so"},
        node("wait", "wait", 600, config={"duration": 120}, retry={"max_attempts": 3}, timeout_seconds=30),
        node("ask", "human_approval", 300, 200, disabled=True),
        fields("b", 600, 200, one="1") | {"mock": {"source": "value", "output": {}}},
        node("chat", "chat_model", 0, 200, config={"prompt": "Hi", "model": "scripted/extractive"}),
        node("agent", "agent", 900, 200, config={"task": "Do it", "max_cost": 0.5}),
    ]
    sheet = draw(nodes, [wire("start", "a"), wire("a", "wait")])
    expect(sheet.node("a")).to_contain_text("Sum up")
    expect(sheet.node("a")).to_contain_text("total")
    badge(sheet, "a", "Pinned output")
    badge(sheet, "a", "Why so")
    expect(sheet.node("wait")).to_contain_text("2 min")
    badge(sheet, "wait", "Up to 3 attempts")
    badge(sheet, "wait", "At most 30 seconds")
    badge(sheet, "ask", "Disabled")
    badge(sheet, "ask", "Asks people")
    badge(sheet, "b", "In trial runs")
    expect(sheet.node("chat")).to_contain_text("scripted/extractive")
    badge(sheet, "agent", "Spends at most $0.5 on models")


def test_a_node_says_that_its_model_s_provider_rests(draw: Open) -> None:
    asking = node("ask", "chat_model", 300, config={"prompt": "Hi", "model": "compatible:small"})
    asking["retry"] = {"max_attempts": 5, "backoff_seconds": 0}
    sheet = draw([node("start", "start"), asking], [wire("start", "ask")])
    expect(sheet.node("ask")).not_to_contain_text("model rests")
    ended = post(sheet.page, f"/workflows/{sheet.workflow}/runs?wait=60", {"input": {}, "version": "draft"})
    assert ended["status"] == "failed"
    sheet.page.reload()
    badge(sheet, "ask", "It failed 5 times in a row and is asked again at")
    expect(sheet.node("ask")).to_contain_text("model rests")


def test_a_start_shows_when_it_begins_by_the_clock_and_what_is_wrong_at_its_field(draw: Open) -> None:
    sheet = draw([node("start", "start"), node("end", "output", 300)], [wire("start", "end")])
    page = sheet.page
    open_panel(sheet, "start")
    panel = sheet.by_id("inspector")
    panel.get_by_role("button", name="Add schedule").click()
    times = sheet.by_id("next-times")
    expect(times.get_by_role("listitem")).to_have_count(3)
    expect(times).to_contain_text("09:00")
    expect(times).to_contain_text("UTC")
    page.locator('[id="f.schedules.0.zone"]').fill("Asia/Kolkata")
    line = page.locator('[id="f.schedules.0.cron"]')
    line.fill("30 6 1 1 *")
    expect(times.get_by_role("listitem").first).to_contain_text(re.compile(r"1 Jan 20\d\d.* 06:30"))
    expect(times.locator("time").first).to_have_attribute("datetime", re.compile("-01-01T01:00:00Z"))
    line.fill("75 6 * * *")
    expect(times).to_have_count(0)
    wrong = panel.locator('[data-field="schedules.0.cron"] .qe-wrong')
    expect(wrong).to_contain_text("the minute “75” is not within 0 to 59")
    page.locator('[id="f.schedules.0.zone"]').fill("Asia/Kolkatta")
    zone = panel.locator('[data-field="schedules.0.zone"] .qe-wrong')
    expect(zone).to_contain_text("did you mean Asia/Kolkata?")
    line.fill("0 6 * * MON-FRI")
    page.locator('[id="f.schedules.0.zone"]').fill("Asia/Kolkata")
    expect(wrong).to_have_count(0)
    expect(zone).to_have_count(0)
    expect(times.get_by_role("listitem")).to_have_count(3)
    expect(sheet.by_id("problems")).to_contain_text("No problems")
    post(page, f"/workflows/{sheet.workflow}/publish", {})
    origin = "/".join(page.url.split("/")[:3])
    shown = page.request.get(f"{origin}/api/v1/workflows/{sheet.workflow}").json()
    page.goto(f"{origin}/workflows?text={shown['name']}")
    row = page.locator(".qk-row", has=page.locator(f"a[href*='{shown['id']}']"))
    expect(row).to_contain_text("next run")
    expect(row.locator(".qk-next-run qk-time")).to_have_attribute("at", re.compile("T00:30:00"))
    row.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Pause automatic starts").click()
    expect(row).to_contain_text("starts paused")
    expect(row.locator(".qk-next-run")).to_have_count(0)
    row.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Resume automatic starts").click()
    expect(row).to_contain_text("next run")


def test_C64_files_and_lines_of_cron_have_fields_of_their_own(draw: Open) -> None:
    """A kind of an installed package asks for both."""
    sheet = draw([node("start", "start"), node("ring", "ring", 300, 0, config={})], [wire("start", "ring")])
    page = sheet.page
    open_panel(sheet, "ring")
    panel = sheet.by_id("inspector")
    line = page.locator('[id="f.when"]')
    panel.get_by_role("combobox", name="How often").click()
    page.get_by_role("option", name="On workdays").click()
    expect(line).to_have_value("0 9 * * 1-5")
    panel.get_by_label("Time").fill("07:30")
    expect(line).to_have_value("30 7 * * 1-5")
    expect(panel.locator(".qe-cron")).to_contain_text("From Monday to Friday at 07:30")
    line.fill("every day")
    expect(panel.locator(".qe-cron")).to_contain_text("Five parts")
    expect(sheet.by_id("problems")).to_contain_text("1 problem")
    line.fill("0 0 1 * *")
    expect(panel.locator(".qe-cron")).to_contain_text("On day 1 of every month at 00:00")
    bell = {"name": "bell é.txt", "mimeType": "text/plain", "buffer": b"ding"}
    page.locator('[id="f.sound"]').set_input_files(bell)  # pyright: ignore[reportArgumentType] - a FilePayload
    expect(panel.locator(".qe-file")).to_contain_text("bell é.txt")
    expect(panel.locator(".qe-file")).to_contain_text("4 bytes")
    large = {"name": "large.bin", "mimeType": "application/octet-stream", "buffer": b"0" * 400_000}
    page.locator('[id="f.sound"]').set_input_files(large)  # pyright: ignore[reportArgumentType]
    expect(panel.locator(".qe-file [role=alert]")).to_contain_text("fit into the settings")
    expect(panel.locator(".qe-file")).to_contain_text("bell é.txt")
    expect(sheet.by_id("problems")).to_contain_text("No problems")
    panel.get_by_role("button", name="Remove").click()
    expect(panel.locator(".qe-file")).to_contain_text("Drop a file here")


def test_a_form_that_cannot_be_fetched_comes_when_the_connection_is_back(draw: Open) -> None:
    sheet = draw([node("start", "start"), node("wait", "wait", 300)], [wire("start", "wait")])
    page = sheet.page
    page.route("**/DrawnForm*", lambda route: route.abort())
    try:
        page.reload()
        sheet.ready("start")
        open_panel(sheet, "wait")
        expect(page.locator(".qe-form-comes")).to_be_visible()
    finally:
        page.unroute_all()
    expect(page.locator('[id="f.duration"]')).to_be_visible()
