"""The views of a run beside each other, line by line of docs/run-views.md, on three runs of one workflow."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from ruamel.yaml import YAML

from tests.e2e.editing import delete, new_workflow, post
from tests.e2e.instance import Instance
from tests.e2e.owner import owner_page

pytestmark = pytest.mark.e2e
SECONDS = 120_000
PATTERNS = Path(__file__).parents[2] / "docs" / "patterns"
SCRIPT = "turns:\n  - {say: 'The desk arrived damaged.'}"
TRIAGE: dict[str, Any] = {
    "quadrille": 1,
    "name": "Refund triage",
    "nodes": [
        {"id": "start", "kind": "start", "name": "Request", "at": [0, 0]},
        {
            "id": "read",
            "kind": "code",
            "name": "Read the order",
            "at": [300, 0],
            "config": {"source": "print('order', input['order'])\n{'total': 100 // input['share']}"},
        },
        {
            "id": "ask",
            "kind": "chat_model",
            "name": "Summarise",
            "at": [600, 0],
            "config": {
                "model": "scripted/script",
                "script": SCRIPT,
                "prompt": "Order {{ input.order }} of {{ nodes.read.total }} dollars",
            },
        },
        {"id": "rest", "kind": "wait", "name": "Cool down", "at": [900, 0], "config": {"duration": 0.5}},
        {"id": "end", "kind": "output", "name": "Result", "at": [1200, 0]},
    ],
    "wires": [
        {"from": "start", "to": "read"},
        {"from": "read", "to": "ask"},
        {"from": "ask", "to": "rest"},
        {"from": "rest", "to": "end"},
    ],
}


TURNING: dict[str, Any] = {
    "quadrille": 1,
    "name": "Round and round",
    "nodes": [
        {"id": "start", "kind": "start", "at": [0, 0]},
        {"id": "turn", "kind": "loop", "at": [300, 0], "size": [420, 220], "config": {"until": "index == 2"}},
        {
            "id": "say",
            "kind": "set_fields",
            "parent": "turn",
            "at": [60, 80],
            "config": {"fields": [{"name": "n", "value": "one"}]},
        },
    ],
    "wires": [{"from": "start", "to": "turn"}],
}


@dataclass(frozen=True)
class Runs:
    """A page of the owner, and what was run."""

    page: Page
    workflow: str
    good: str
    bad: str
    other: str

    def open(self, run_id: str, query: str = "") -> Page:
        """The run's page, once all its events are there."""
        self.page.goto(f"/runs/{run_id}{query}")
        view = self.page.get_by_test_id("run-view")
        expect(view).to_have_attribute("data-link", "ended", timeout=SECONDS)
        return self.page

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name, exact=True).click()


@pytest.fixture(scope="module")
def runs(instance: Instance, browser: Browser, owner_state: dict[str, Any]) -> Iterator[Runs]:
    with owner_page(browser, instance, owner_state) as page:
        page.goto("/runs")
        workflow = new_workflow(page, TRIAGE)
        given = [{"order": "A-1", "share": 4}, {"order": "A-2", "share": 0}, {"order": "A-3", "share": 5}]
        start = f"/workflows/{workflow}/runs?wait=60"
        found = [post(page, start, {"input": one, "version": "draft"}) for one in given]
        assert [one["status"] for one in found] == ["succeeded", "failed", "succeeded"]
        yield Runs(page, workflow, *(one["id"] for one in found))


def test_R10_the_canvas_shows_the_version_that_ran_with_its_path(runs: Runs) -> None:
    page = runs.open(runs.bad)
    expect(page.get_by_test_id("node-read")).to_have_attribute("data-state", "failed")
    expect(page.get_by_test_id("node-start").locator(".qc-elapsed")).to_be_visible()
    expect(page.get_by_test_id("wire-start.out>read.in")).to_have_attribute("data-taken", "taken")
    expect(page.get_by_test_id("wire-read.out>ask.in")).to_have_attribute("data-taken", "untaken")


def test_R10_a_node_in_a_loop_counts_its_visits(runs: Runs) -> None:
    workflow = new_workflow(runs.page, TURNING)
    run = post(runs.page, f"/workflows/{workflow}/runs?wait=60", {"input": {}, "version": "draft"})
    page = runs.open(run["id"])
    expect(page.get_by_test_id("node-say").get_by_title("Visited 3 times")).to_have_text("3")


def test_R11_the_timeline_zooms_fits_folds_and_shows_the_queue(runs: Runs) -> None:
    page = runs.open(runs.good)
    timeline = page.get_by_label("Timeline", exact=True).first
    rest = timeline.get_by_role("button", name="Cool down").locator(".qv-bar-step[data-waits]")
    expect(timeline.locator(".qv-line")).to_have_count(5)
    expect(timeline.locator(".qv-queue")).to_have_count(1)
    before, style = _width(rest), rest.get_attribute("style") or ""
    timeline.get_by_label("Zoom in").click()
    expect(rest).not_to_have_attribute("style", style)
    assert _width(rest) > before
    timeline.get_by_test_id("timeline-fit").click()
    expect(rest).to_have_attribute("style", style)
    timeline.get_by_test_id("fold-gaps").click()
    expect(timeline.locator(".qv-gap").first).to_be_attached()
    expect(rest).not_to_have_attribute("style", style)
    assert _width(rest) < before
    timeline.get_by_label("Order").select_option("took")
    expect(timeline.locator(".qv-line").first).to_contain_text("Cool down")


def _width(bar: Locator) -> float:
    return bar.evaluate("it => parseFloat(it.style.width)")


def test_R14_steps_are_laid_out_by_dependency_and_as_a_grid(runs: Runs) -> None:
    page = runs.open(runs.good)
    timeline = page.get_by_label("Timeline", exact=True).first
    timeline.get_by_label("Order").select_option("depends")
    expect(timeline.locator(".qv-line")).to_contain_text(
        ["Request", "Read the order", "Summarise", "Cool down", "Result"]
    )
    timeline.get_by_label("Order").select_option("grid")
    cells = page.get_by_label("Grid of steps").get_by_role("button")
    expect(cells).to_have_count(5)
    cells.nth(2).click()
    expect(page).to_have_url(re.compile("step="))


def test_R19_messages_say_who_said_what_to_whom_and_why(runs: Runs) -> None:
    """A supervisor and two workers, as the page of the pattern draws them."""
    drawn = (PATTERNS / "supervisor.md").read_text().split("```yaml\n")[1].split("```")[0]
    workflow = new_workflow(runs.page, YAML(typ="safe", pure=True).load(drawn))
    start = f"/workflows/{workflow}/runs?wait=60"
    run = post(runs.page, start, {"input": {"boxes": 12}, "version": "draft"})
    page = runs.open(run["id"], "?tab=messages")
    messages, between = page.locator(".qv-message-row"), page.get_by_label("Between")
    expect(messages.first).to_contain_text("Supervisor → Clerk")
    between.select_option("Clerk ↔ Supervisor")
    expect(messages).to_contain_text(["What does a box cost?", "A box costs 4."])
    expect(messages.first).to_contain_text("because The sum depends on it · best at prices")
    expect(messages.first).to_have_attribute("data-decides", "true")
    between.select_option("Analyst ↔ Supervisor")
    expect(messages).to_contain_text(["because It has a calculator", "12 boxes at 4 make 48."])
    between.select_option("Analyst ↔ calculator")
    expect(messages).to_contain_text(["12 * 4", "48"])
    workers = page.get_by_test_id("team").get_by_role("listitem")
    expect(workers).to_have_text(["Clerk1", "Analyst1"])
    expect(workers.last).to_have_attribute("data-state", "done")
    spent = page.get_by_test_id("spent")
    expect(spent).to_have_text(re.compile(r"^[1-9]\d* of 200,000 tokens$"))
    expect(spent).to_have_attribute("aria-valuetext", re.compile("tokens"))
    page.goto(f"/workflows/{workflow}")
    members = page.get_by_test_id("members").get_by_role("listitem")
    expect(members).to_have_text(["Clerk", "Analyst"], timeout=SECONDS)


def test_R12_events_are_grouped_filtered_unfolded_and_downloaded(runs: Runs) -> None:
    page = runs.open(runs.good, "?tab=events")
    rows = page.locator(".qv-event")
    total = int(page.get_by_test_id("run-view").get_attribute("data-events") or 0)
    assert total > 5
    expect(page.get_by_test_id("event-count")).to_have_text(f"{total} events")
    expect(rows.nth(1)).to_contain_text("Δ")
    page.get_by_label("Kind of event").select_option("step.succeeded")
    expect(page.get_by_test_id("event-count")).to_have_text("5 events")
    page.get_by_role("button", name="Unfold all").click()
    expect(page.locator(".qv-raw").first).to_contain_text('"kind": "step.succeeded"')
    page.get_by_role("button", name="Fold all").click()
    page.get_by_label("Kind of event").select_option("")
    page.get_by_role("button", name="By step").click()
    group = page.locator(".qv-event-group").filter(has_text="Summarise")
    expect(group).to_contain_text("2 events")
    with page.expect_download() as got:
        page.get_by_role("link", name="Download").click()
    assert json.loads(got.value.path().read_text())["run"]["id"] == runs.good


def test_R13_the_trace_tells_model_prompt_answer_tokens_and_time(runs: Runs) -> None:
    page = runs.open(runs.good, "?tab=trace")
    expect(page.get_by_test_id("trace-totals")).to_contain_text(
        re.compile(r"1 of models, \d+ tokens in, \d+ out")
    )
    call = page.get_by_test_id("call-chat")
    expect(call).to_contain_text(re.compile(r"\d+ → \d+ tokens"))
    expect(call.get_by_test_id("first-token")).to_have_text(re.compile(r"first \d"))
    call.get_by_role("button").first.click()
    expect(call).to_contain_text("Order A-1 of 25 dollars")
    expect(call).to_contain_text("The desk arrived damaged.")
    page.get_by_role("button", name="Raw").click()
    expect(call.locator("pre")).to_contain_text('"input_tokens"')


def test_R16_values_stand_beside_their_expressions_and_lead_to_where_they_came_from(runs: Runs) -> None:
    page = runs.open(runs.good, "?step=ask:1")
    resolved = page.get_by_test_id("resolved")
    expect(resolved).to_contain_text("Order {{ input.order }} of {{ nodes.read.total }} dollars")
    expect(resolved).to_contain_text("Order A-1 of 25 dollars")
    resolved.get_by_test_id("came-from-read").first.click()
    panel = page.get_by_test_id("step-panel")
    expect(panel.get_by_role("heading", name="Read the order")).to_be_visible()
    expect(page).to_have_url(re.compile("step=read"))


def test_R17_the_state_after_each_step_and_what_it_changed(runs: Runs) -> None:
    page = runs.open(runs.good, "?tab=state&step=read:1")
    expect(page.get_by_test_id("state-after")).to_contain_text("Read the order, step 2 of 5")
    expect(page.get_by_test_id("held-read")).to_have_attribute("data-how", "new")
    expect(page.get_by_test_id("held-start")).to_have_attribute("data-how", "same")
    expect(page.get_by_test_id("held-ask")).to_have_count(0)
    page.get_by_label("Steps that ended").get_by_role("button", name="Summarise").click()
    expect(page.get_by_test_id("held-ask")).to_have_attribute("data-how", "new")
    expect(page.get_by_test_id("node-ask")).to_have_attribute("data-selected", "true")
    page.get_by_role("button", name="Only what changed").click()
    expect(page.get_by_test_id("held-start")).to_have_count(0)


def test_R18_the_log_of_a_step(runs: Runs) -> None:
    page = runs.open(runs.good, "?tab=logs")
    expect(page.locator(".qv-log")).to_contain_text("order A-1")
    page.get_by_label("Level").select_option("error")
    expect(page.get_by_text("No step has written anything")).to_be_visible()
    page.get_by_label("Level").select_option("debug")
    with page.expect_download() as got:
        page.get_by_role("button", name="Download").click()
    assert "read:1#1 order A-1" in got.value.path().read_text()
    page = runs.open(runs.bad, "?tab=logs")
    page.get_by_label("Level").select_option("error")
    expect(page.locator(".qv-log")).to_contain_text("Read the order")


def test_R15_the_header_tells_budget_trace_version_and_trigger(runs: Runs) -> None:
    rule = {"kind": "cost_per_run", "threshold": 5, "workflow_id": runs.workflow}
    alarm = post(runs.page, "/alarms", rule)["id"]
    page = runs.open(runs.good)
    budget = page.get_by_test_id("budget")
    expect(budget).to_contain_text(re.compile(r"\d+ tokens, free of \$5"))
    expect(budget.get_by_role("progressbar", name="Budget used")).to_have_attribute("aria-valuenow", "0")
    expect(page.get_by_test_id("trace-id")).to_contain_text(runs.good.removeprefix("run_"))
    for words in ("Draft", "By hand", "Succeeded"):
        expect(page.locator(".qk-facts").get_by_text(words, exact=True)).to_be_visible()
    delete(page, f"/alarms/{alarm}")


def test_R26_another_like_this_begins_with_its_input(runs: Runs) -> None:
    page = runs.open(runs.bad)
    page.get_by_test_id("act-another").click()
    words = page.get_by_label("Input, as JSON")
    expect(words).to_have_value(re.compile("A-2"))
    assert json.loads(words.input_value()) == {"order": "A-2", "share": 0}
    words.fill('{"order": "A-2", "share": 2}')
    page.get_by_test_id("another-go").click()
    page.wait_for_url(re.compile(rf"/runs/(?!{runs.bad})run_"), timeout=SECONDS)
    expect(page.get_by_test_id("run-view")).to_have_attribute("data-status", "succeeded", timeout=SECONDS)


def test_R30_the_scrubber_shows_any_instant_in_every_view(runs: Runs) -> None:
    page = runs.open(runs.good)
    ask, view, scrub = (
        page.get_by_test_id("node-ask"),
        page.get_by_test_id("run-view"),
        page.get_by_test_id("scrub"),
    )
    expect(ask).to_have_attribute("data-state", "succeeded")
    scrub.focus()
    for _ in range(3):
        scrub.press("ArrowLeft")
    last = int(view.get_attribute("data-events") or 0)
    expect(view).to_have_attribute("data-at", str(last - 3))
    expect(view).to_have_attribute("data-status", "running")
    scrub.press("Home")
    expect(ask).not_to_have_attribute("data-state", "succeeded")
    expect(page.get_by_test_id("node-start")).not_to_have_attribute("data-state", "succeeded")
    runs.tab("State")
    expect(page.get_by_text("No step has ended yet")).to_be_visible()
    for speed in ("4\u00d7", "16\u00d7"):
        page.get_by_label(re.compile("^Speed")).click()
        expect(page.get_by_label(re.compile("^Speed"))).to_have_text(speed)
    page.get_by_label("Play the history").click()
    expect(page.get_by_test_id("scrubber")).to_have_attribute("data-at", "now", timeout=SECONDS)
    expect(ask).to_have_attribute("data-state", "succeeded")
    expect(view).to_have_attribute("data-status", "succeeded")


def test_R32_two_runs_on_one_canvas_with_deltas_and_the_first_difference(runs: Runs) -> None:
    page = runs.open(runs.other, f"?with={runs.good}")
    comparison = page.get_by_test_id("comparison")
    expect(comparison).to_contain_text("of 5 steps differ")
    expect(page.locator(".react-flow__node.qv-diff-changed")).not_to_have_count(0)
    page.get_by_test_id("first-divergence").click()
    expect(page.get_by_test_id("step-panel").get_by_role("heading", name="Request")).to_be_visible()
    expect(comparison.get_by_label("Output there")).to_contain_text("A-1")
    expect(comparison.get_by_label("Output here")).to_contain_text("A-3")
    comparison.get_by_role("button", name="Leave").click()
    expect(page.locator(".react-flow__node.qv-diff")).to_have_count(0)


def test_R33_a_failed_run_offers_the_last_good_one(runs: Runs) -> None:
    page = runs.open(runs.bad)
    good = page.get_by_test_id("last-good")
    expect(good.get_by_role("link")).to_have_attribute("href", f"/runs/{runs.good}")
    good.get_by_test_id("compare-good").click()
    expect(page.get_by_test_id("comparison")).to_contain_text("steps differ")
    expect(page.locator(".react-flow__node.qv-diff-only_there")).not_to_have_count(0)


def test_R24_a_legend_tells_what_was_reused_and_what_ran(runs: Runs) -> None:
    fork = post(runs.page, f"/runs/{runs.good}/fork", {"from": {"node_id": "ask"}})["id"]
    page = runs.open(fork)
    legend = page.get_by_test_id("legend")
    expect(legend).to_contain_text("Reused 2")
    expect(legend).to_contain_text("Runs fresh 3")
    expect(page.locator(".react-flow__node.qv-part-reused")).to_have_count(2)
    expect(page.locator(".react-flow__node.qv-part-fresh")).to_have_count(3)
