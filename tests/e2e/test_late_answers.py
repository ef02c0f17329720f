"""An answer that comes late takes nothing away from somebody who types on meanwhile."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.e2e.editing import ASKING, DRAWN, held, new_workflow, post, until
from tests.e2e.test_run_view import FAILING, SECONDS, read, start

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]


def test_words_typed_on_while_a_search_is_under_way_stay_and_the_field_keeps_the_keyboard(
    signed_in: Open,
) -> None:
    page = signed_in("/")
    waiting = held(page, "runs.search")
    page.goto("/runs")
    find = page.get_by_label("Find runs")
    find.fill("no such")
    find.press("Enter")
    until(page, lambda: bool(waiting))
    page.keyboard.type(" thing")
    waiting.pop()()
    expect(page).to_have_url(re.compile(r"text=no(\+|%20)such$"))
    expect(page.get_by_text("No run matches")).to_be_visible()
    expect(find).to_be_focused()
    expect(find).to_have_value("no such thing")
    page.keyboard.press("Enter")
    until(page, lambda: bool(waiting))
    waiting.pop()()
    expect(page).to_have_url(re.compile(r"text=no(\+|%20)such(\+|%20)thing$"))
    page.go_back()
    expect(find).to_have_value("no such")


def test_what_is_typed_while_an_agent_is_saved_stays(signed_in: Open) -> None:
    page = signed_in("/")
    agent = post(page, "/agents", {"name": "Ann who is saved", "profile": {"goal": "Judge offers."}})["id"]
    waiting = held(page, "agent.save")
    page.goto(f"/agents/{agent}")
    goal, why = page.get_by_label("Goal"), page.get_by_label("Why you change it")
    expect(goal).to_have_value("Judge offers.")
    goal.fill("Judge all offers")
    why.fill("All of them")
    page.get_by_role("button", name="Save as new version").click()
    until(page, lambda: bool(waiting))
    goal.focus()
    page.keyboard.press("End")
    page.keyboard.type(" fairly")
    waiting.pop()()
    expect(page.get_by_text("Version 2 is saved.")).to_be_visible()
    expect(why).to_have_value("")
    expect(goal).to_be_focused()
    expect(goal).to_have_value("Judge all offers fairly")
    page.get_by_role("button", name="Save as new version").click()
    until(page, lambda: bool(waiting))
    waiting.pop()()
    expect(page.get_by_text("Version 3 is saved.")).to_be_visible()


def test_keys_press_nothing_when_a_late_answer_has_taken_the_field_away(signed_in: Open) -> None:
    page = signed_in("/")
    run_id = start(page, FAILING, {})
    waiting = held(page, "chosen.none")
    page.goto(f"/runs?text={run_id}")
    row = page.locator(f'[data-run="{run_id}"]')
    row.get_by_role("checkbox").click()
    bulk = page.get_by_test_id("bulk")
    expect(bulk).to_contain_text("1 chosen")
    bulk.get_by_role("button", name="None").click()
    until(page, lambda: bool(waiting))
    bulk.get_by_label("Tag").press_sequentially("re")
    waiting.pop()()
    expect(bulk).to_have_count(0)
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement === document.body"), "it was meant for the field"
    page.get_by_role("heading", name="Runs").click()
    page.keyboard.press("j")
    expect(row.locator("[data-row]")).to_be_focused()


def test_nothing_is_played_again_before_its_plan_is_there(signed_in: Open) -> None:
    page, kept = signed_in("/"), list[Route]()
    page.goto(f"/runs/{start(page, FAILING, {})}")
    page.get_by_test_id("act-retry").click(timeout=SECONDS)
    go, dialog = page.get_by_test_id("fork-go"), page.get_by_test_id("fork-dialog")
    expect(go).to_be_enabled()
    page.route("**/api/v1/runs/*/retry", lambda route: kept.append(route))
    dialog.get_by_label("Version").select_option("draft")
    expect(go).to_be_disabled()
    until(page, lambda: bool(kept))
    expect(go).to_be_disabled()
    kept[0].continue_()
    expect(go).to_be_enabled()


def test_breakpoints_set_while_the_server_is_slow_all_hold(signed_in: Open) -> None:
    page, kept, answered = signed_in("/"), list[Route](), list[str]()
    run_id = start(page, ASKING, {"text": "A desk", "amount": 300})
    page.goto(f"/runs/{run_id}")
    view = page.get_by_test_id("run-view")
    expect(view).to_have_attribute("data-status", "waiting_person", timeout=SECONDS)

    def first_is_kept(route: Route) -> None:
        kept.append(route)
        if len(kept) > 1:
            route.continue_()

    def count(request: Request) -> None:
        if request.url.endswith("/breakpoints"):
            answered.append(request.url)

    page.route("**/api/v1/runs/*/breakpoints", first_is_kept)
    page.on("requestfinished", count)
    for node in ("ask", "done"):
        page.get_by_test_id(f"node-{node}").hover()
        page.get_by_test_id(f"break-after-{node}").click()
        expect(page.get_by_test_id(f"break-after-{node}")).to_have_attribute("aria-pressed", "true")
    until(page, lambda: bool(kept))
    kept[0].continue_()
    until(page, lambda: len(answered) == 2)
    assert read(page, f"/runs/{run_id}")["breakpoints"]["after"] == ["ask", "done"]
    for node in ("ask", "done"):
        expect(page.get_by_test_id(f"break-after-{node}")).to_have_attribute("aria-pressed", "true")


def test_an_older_count_of_what_is_not_live_does_not_replace_a_newer_one(signed_in: Open) -> None:
    page, late = signed_in("/"), list[Callable[[], None]]()
    workflow = new_workflow(page, ASKING)
    post(page, f"/workflows/{workflow}/publish", {})

    def first_of_one_change_is_kept(route: Route) -> None:
        answer = route.fetch()
        if late or len(answer.json()["changes"]) != 1:
            route.fulfill(response=answer)
        else:
            late.append(lambda: route.fulfill(response=answer))

    def rename(node: str) -> None:
        page.get_by_test_id(f"node-{node}").click()
        expect(page.get_by_test_id("inspector").get_by_text(node, exact=True)).to_be_visible()
        page.get_by_test_id("inspector-name").fill(f"Another {node}")
        page.keyboard.press("Escape")

    page.route("**/compare?diagrams=false", first_of_one_change_is_kept)
    page.goto(f"/workflows/{workflow}")
    rename("check")
    until(page, lambda: bool(late))
    rename("ask")
    sign = page.get_by_test_id("unpublished")
    expect(sign).to_have_attribute("aria-label", "2 changes not published")
    with page.expect_event("requestfinished", lambda request: "/compare" in request.url):
        late[0]()
    page.evaluate(DRAWN)
    expect(sign).to_have_attribute("aria-label", "2 changes not published")
