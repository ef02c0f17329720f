"""The list of runs as people work with it, line by line of docs/run-views.md."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.editing import new_workflow, post
from tests.e2e.instance import Instance
from tests.e2e.owner import owner_page
from tests.e2e.test_run_view import FAILING

pytestmark = pytest.mark.e2e
SECONDS = 120_000
RESTING: dict[str, Any] = {
    "quadrille": 1,
    "name": "Rest a day",
    "nodes": [
        {"id": "start", "kind": "start", "name": "Begin", "at": [0, 0]},
        {"id": "nap", "kind": "wait", "name": "Nap", "at": [300, 0], "config": {"duration": 86400}},
    ],
    "wires": [{"from": "start", "to": "nap"}],
}


SLOW = {"model": "scripted/script", "script": "turns:\n  - {say: 'late', delay_seconds: 30}", "prompt": "Hi"}
ODD: dict[str, dict[str, Any]] = {
    "Too slow": {},
    "Slow, but no matter": {"on_error": "default", "default_output": 1},
}
WORDS = {
    "Too slow": ("timed_out", "Timed out"),
    "Slow, but no matter": ("warnings", "Succeeded with warnings"),
}


@dataclass(frozen=True)
class RunList:
    """The owner's page, and the workflow whose runs it lists: three that have failed."""

    page: Page
    workflow: str
    runs: list[str]

    def open(self, query: str = "") -> Page:
        self.page.evaluate(
            "() => sessionStorage.clear()"
        )  # else rows of the last test stand until the new ones come
        self.page.goto(f"/runs?workflow={self.workflow}{query}")
        expect(self.rows.first).to_be_visible()
        return self.page

    @property
    def rows(self) -> Locator:
        return self.page.locator(".qk-row[data-run]")

    def row(self, run_id: str) -> Locator:
        return self.page.locator(f'[data-run="{run_id}"]')

    def run(self, **more: Any) -> str:
        wait = f"/workflows/{self.workflow}/runs?wait=60"
        return post(self.page, wait, {"input": {}, "version": "draft"} | more)["id"]


@pytest.fixture(scope="module")
def listed(instance: Instance, browser: Browser, owner_state: dict[str, Any]) -> Iterator[RunList]:
    with owner_page(browser, instance, owner_state) as page:
        page.goto("/runs")
        made = RunList(page, new_workflow(page, FAILING), [])
        made.runs.extend(made.run() for _ in range(3))
        yield made


def test_R01_columns_are_chosen_and_remembered(listed: RunList) -> None:
    page = listed.open()
    row = listed.row(listed.runs[0])
    expect(row).to_contain_text("By hand")
    expect(row).to_contain_text("Ada Lovelace")
    heads = page.locator(".qk-head > span")
    expect(heads).to_have_text(
        ["Workflow", "State", "Version", "Step", "Started", "By", "When", "Took", "Tokens"]
    )
    left = "it => it.getBoundingClientRect().left"
    for place, text in ((4, "By hand"), (5, "Ada Lovelace")):
        assert heads.nth(place).evaluate(left) == row.get_by_text(text).evaluate(left), (
            f"{text} under its head"
        )
    page.get_by_role("button", name="Columns and views").click()
    page.get_by_role("checkbox", name="By", exact=True).click()
    expect(row).not_to_contain_text("Ada Lovelace")
    page.reload()
    expect(row).to_contain_text("By hand")
    expect(row).not_to_contain_text("Ada Lovelace")
    page.get_by_role("button", name="Columns and views").click()
    page.get_by_role("checkbox", name="By", exact=True).click()
    expect(row).to_contain_text("Ada Lovelace")
    moment = row.locator("qk-time")
    page.get_by_role("button", name="UTC", exact=True).click()
    expect(moment).to_have_text(re.compile(r"\d\d-\d\d \d\d:\d\d Z"))
    page.get_by_role("button", name="Ago", exact=True).click()
    expect(moment).to_have_text(re.compile("ago|just now|min"))
    page.keyboard.press("Escape")


def test_R02_filters_stand_in_the_address_and_are_kept_as_views(listed: RunList) -> None:
    page = listed.open()
    page.get_by_label("What started it").select_option("api")
    expect(page.get_by_text("No run matches")).to_be_visible()
    page.get_by_label("What started it").select_option("manual")
    expect(listed.rows).to_have_count(len(listed.runs))
    page.get_by_label("Time", exact=True).select_option("1h")
    page.get_by_role("button", name="Mine").click()
    for part in ("trigger=manual", "time=1h", "mine=1", f"workflow={listed.workflow}"):
        expect(page).to_have_url(re.compile(re.escape(part)))
    page.get_by_role("button", name="Keep this view").click()
    page.get_by_label("Name of the view").fill("Mine of this hour")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_role("link", name="Mine of this hour")).to_be_visible()
    page.goto("/runs")
    page.get_by_role("link", name="Mine of this hour").click()
    expect(page).to_have_url(re.compile("mine=1"))
    expect(listed.rows).to_have_count(len(listed.runs))
    page.get_by_label("Forget Mine of this hour").click()
    expect(page.get_by_role("link", name="Mine of this hour")).to_have_count(0)
    page.get_by_label("Duration", exact=True).select_option("1h")
    expect(page.get_by_text("No run matches")).to_be_visible()
    expect(page).to_have_url(re.compile("took=1h"))


def test_R03_new_runs_are_counted_and_come_when_they_are_asked_for(listed: RunList) -> None:
    page = listed.open()
    before = listed.rows.count()
    run_id = listed.run()
    listed.runs.append(run_id)
    expect(page.get_by_test_id("fresh")).to_contain_text("1 new", timeout=SECONDS)
    expect(listed.rows).to_have_count(before)
    page.get_by_test_id("fresh").click()
    expect(listed.row(run_id)).to_be_visible()
    expect(page.get_by_test_id("fresh")).to_have_count(0)


def test_R04_what_went_around_an_error_and_what_took_too_long_have_words_and_chips(listed: RunList) -> None:
    page = listed.page
    found: dict[str, str] = {}
    for name, more in ODD.items():
        node = {
            "id": "odd",
            "kind": "chat_model",
            "at": [300, 0],
            "config": SLOW,
            "timeout_seconds": 0.2,
        } | more
        drawn = {
            **RESTING,
            "name": name,
            "nodes": [RESTING["nodes"][0], node],
            "wires": [{"from": "start", "to": "odd"}],
        }
        workflow = new_workflow(page, drawn)
        run = post(page, f"/workflows/{workflow}/runs?wait=60", {"input": {}, "version": "draft"})
        found[name] = run["id"]
        page.goto(f"/runs?workflow={workflow}&status={WORDS[name][0]}")
        state = listed.row(run["id"]).locator(".qk-state")
        expect(state).to_have_text(WORDS[name][1])
        expect(state.locator("svg")).to_be_visible()
        page.goto(f"/runs/{run['id']}")
        expect(page.locator(".qk-facts .qk-state").first).to_have_text(WORDS[name][1])
    assert len(found) == 2


def test_R05_the_strip_counts_by_outcome_and_a_bar_filters(listed: RunList) -> None:
    page = listed.open()
    bars = page.get_by_test_id("density").get_by_role("link", name=re.compile("failed"))
    expect(bars.first).to_be_attached()
    bars.first.click()
    expect(page).to_have_url(re.compile("since=.*until="))
    expect(listed.rows.first).to_be_visible()
    page.get_by_role("button", name="A stretch of time").click()
    expect(page).not_to_have_url(re.compile("since="))
    listed.open()
    drawn = page.locator(".qk-density > [data-since]")
    first, last = drawn.nth(40), drawn.nth(59)
    first.hover()
    page.mouse.down()
    last.hover()
    page.mouse.up()
    expect(page).to_have_url(re.compile("since="))
    asked = parse_qs(urlsplit(page.url).query)
    since, until = (datetime.fromisoformat(asked[name][0]) for name in ("since", "until"))
    assert timedelta(hours=7.9) < until - since < timedelta(hours=8.1), "20 of the 60 bars of a day"
    expect(listed.rows.first).to_be_visible()


def test_R06_many_are_acted_on_after_a_question_with_a_report(listed: RunList) -> None:
    page = listed.open()
    for run_id in listed.runs[:2]:
        listed.row(run_id).get_by_role("checkbox").click()
    bulk = page.get_by_test_id("bulk")
    expect(bulk).to_contain_text("2 chosen")
    bulk.get_by_role("button", name="Cancel").click()
    page.get_by_test_id("bulk-go").click()
    report = page.get_by_test_id("bulk-report")
    expect(report).to_contain_text("0 cancelled, 2 refused")
    expect(report).to_contain_text("has ended; it cannot be cancelled")
    bulk.get_by_role("button", name="Start again").click()
    page.get_by_test_id("bulk-go").click()
    expect(report).to_contain_text("2 started again")
    report.get_by_role("button", name="Close").click()
    expect(report).to_have_count(0)
    listed.row(listed.runs[0]).get_by_role("checkbox").click()
    bulk.get_by_label("Tag").fill("look at it")
    bulk.get_by_role("button", name="Tag", exact=True).click()
    expect(report).to_contain_text("1 tagged")
    with page.expect_download() as saved:
        bulk.get_by_role("button", name="Export").click()
    text = Path(saved.value.path()).read_text()
    assert [json.loads(line)["run"]["id"] for line in text.splitlines()] == [listed.runs[0]]
    page.locator("select[aria-label=Tag]").select_option("look at it")
    expect(page).to_have_url(re.compile("tag=look"))
    expect(listed.rows).to_have_count(1)


def test_R07_keys_walk_choose_and_open(listed: RunList) -> None:
    page = listed.open()
    page.locator("h1").click()
    page.keyboard.press("j")
    first, second = listed.rows.nth(0), listed.rows.nth(1)
    expect(first.locator("[data-row]")).to_be_focused()
    page.keyboard.press("j")
    expect(second.locator("[data-row]")).to_be_focused()
    page.keyboard.press("x")
    expect(second.get_by_role("checkbox")).to_be_checked()
    page.keyboard.press("x")
    expect(second.get_by_role("checkbox")).not_to_be_checked()
    page.keyboard.press("k")
    page.keyboard.press("/")
    expect(page.get_by_label("Find runs")).to_be_focused()
    first.locator("[data-row]").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/runs/run_"))


def test_R20_and_R21_a_run_is_paused_stepped_and_cancelled_and_buttons_say_why(listed: RunList) -> None:
    page = listed.page
    workflow = new_workflow(page, RESTING)
    run_id = post(page, f"/workflows/{workflow}/runs", {"input": {}, "version": "draft"})["id"]
    page.goto(f"/runs/{run_id}")
    view = page.get_by_test_id("run-view")
    nap = page.get_by_test_id("node-nap")
    expect(nap).to_have_attribute("data-state", "waiting_time", timeout=SECONDS)
    page.get_by_test_id("steer-pause").get_by_role("button").click()
    expect(view).to_have_attribute("data-status", "paused", timeout=SECONDS)
    nap.hover()
    page.get_by_test_id("break-after-nap").click()
    expect(page.get_by_test_id("break-after-nap")).to_have_attribute("aria-pressed", "true")
    page.wait_for_function(
        "id => fetch(`/api/v1/runs/${id}`).then(r => r.json()).then(run => run.breakpoints?.after?.includes('nap'))",
        arg=run_id,
    )
    page.get_by_test_id("steer-step").get_by_role("button").click()
    expect(view).to_have_attribute("data-status", "running", timeout=SECONDS)
    expect(page.get_by_test_id("steer-pause").get_by_role("button")).to_be_enabled(timeout=SECONDS)
    page.get_by_test_id("steer-cancel").get_by_role("button").click()
    expect(page.get_by_role("button", name="Terminate")).to_be_disabled()
    page.get_by_label("Why").fill("Nobody waits for it")
    expect(page.get_by_role("button", name="Terminate")).to_be_enabled()
    page.get_by_role("button", name="Cancel the run").click()
    expect(view).to_have_attribute("data-status", "cancelled", timeout=SECONDS)
    page.get_by_role("tab", name="Events").click()
    expect(page.get_by_text("Nobody waits for it")).to_be_visible()
    expect(page.get_by_test_id("steer-cancel")).to_have_count(0)
