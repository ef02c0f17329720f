"""The run view as people watch it: states that change by themselves, timeline, events, steps, and a lost connection."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import keep_screen
from tests.e2e.editing import ASKING, new_workflow, post
from tests.e2e.line import Line

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]
SECONDS = 120_000
FAILING: dict[str, Any] = {
    "quadrille": 1,
    "name": "Divide by nothing",
    "nodes": [
        {"id": "start", "kind": "start", "name": "Number", "at": [0, 0]},
        {"id": "sum", "kind": "code", "name": "Divide", "at": [300, 0], "config": {"source": "1 / 0"}},
        {"id": "end", "kind": "output", "name": "Result", "at": [600, 0]},
    ],
    "wires": [{"from": "start", "to": "sum"}, {"from": "sum", "to": "end"}],
}

STORY = " ".join(f"word{n}" for n in range(400))
TELLING: dict[str, Any] = {
    "quadrille": 1,
    "name": "Tell a story",
    "nodes": [
        {"id": "start", "kind": "start", "name": "Begin", "at": [0, 0]},
        {
            "id": "tell",
            "kind": "chat_model",
            "name": "Tell",
            "at": [300, 0],
            "config": {
                "model": "scripted/script",
                "prompt": "Tell!",
                "script": f"turns:\n  - {{say: '{STORY}', words_per_second: 10}}",
            },
        },
        {"id": "end", "kind": "output", "name": "Result", "at": [600, 0]},
    ],
    "wires": [{"from": "start", "to": "tell"}, {"from": "tell", "to": "end"}],
}


def read(page: Page, path: str) -> Any:
    answer = page.request.get("/api/v1" + path)
    assert answer.ok, answer.text()
    return answer.json()


def start(page: Page, diagram: dict[str, Any], input_: dict[str, Any]) -> str:
    """A run of a fresh workflow; its id."""
    workflow = new_workflow(page, diagram)
    return post(page, f"/workflows/{workflow}/runs", {"input": input_, "version": "draft"})["id"]


def approve(page: Page, run_id: str) -> None:
    """Decide the question of this run, from elsewhere than its page."""
    question = next(one for one in read(page, "/approvals")["items"] if one["run_id"] == run_id)
    answer = {"verdict": "approved", "arguments_hash": question["arguments_hash"]}
    post(page, f"/approvals/{question['id']}/decision", answer)


def numbers(page: Page) -> list[int]:
    """The numbers of the events in the list, as they stand under each other."""
    return [int(text) for text in page.locator(".qv-event > :first-child").all_inner_texts()]


@pytest.fixture
def waiting(signed_in: Open) -> tuple[Page, str]:
    """The page of a run that waits for a person."""
    page = signed_in("/")
    run_id = start(page, ASKING, {"text": "A desk", "amount": 300})
    page.goto(f"/runs/{run_id}")
    expect(page.get_by_test_id("run-view")).to_have_attribute(
        "data-status", "waiting_person", timeout=SECONDS
    )
    return page, run_id


def test_a_run_goes_on_before_the_readers_eyes(waiting: tuple[Page, str]) -> None:
    page, run_id = waiting
    expect(page.get_by_test_id("node-check")).to_have_attribute("data-state", "succeeded")
    expect(page.get_by_test_id("node-ask")).to_have_attribute("data-state", "waiting_person")
    expect(page.get_by_test_id("node-ask").get_by_role("link", name="Decide")).to_be_visible()
    expect(page.get_by_test_id("run-panel")).to_contain_text("Not finished yet.")
    approve(page, run_id)
    expect(page.get_by_test_id("run-view")).to_have_attribute("data-status", "succeeded", timeout=SECONDS)
    for node in ("start", "check", "ask", "done"):
        expect(page.get_by_test_id(f"node-{node}")).to_have_attribute("data-state", "succeeded")
    expect(page.get_by_test_id("run-panel")).to_contain_text("A desk")
    expect(page.get_by_role("button", name="Run again")).to_be_visible()
    keep_screen(page, "run-view-succeeded")


def test_what_is_chosen_in_one_view_is_chosen_in_all(waiting: tuple[Page, str]) -> None:
    page, _ = waiting
    page.get_by_label("Timeline", exact=True).get_by_role("button", name="Over 100?").click()
    panel = page.get_by_test_id("step-panel")
    expect(panel.get_by_role("heading", name="Over 100?")).to_be_visible()
    expect(panel).to_contain_text("Succeeded")
    expect(panel.get_by_label("Input")).to_contain_text("A desk")
    expect(page.get_by_test_id("node-check")).to_have_attribute("data-selected", "true")
    page.get_by_role("tab", name="Events").click()
    chosen = page.locator(".qv-event[data-chosen]")
    expect(chosen).to_have_count(2)
    expect(chosen.first).to_contain_text("step.started")
    page.get_by_test_id("node-start").click()
    expect(panel.get_by_role("heading", name="Request")).to_be_visible()
    expect(panel.get_by_label("Output")).to_contain_text("300")
    expect(chosen.first).to_contain_text("Request")


def test_a_click_is_not_lost_while_the_canvas_opens(waiting: tuple[Page, str]) -> None:
    """Nodes are seen where they stay: one that jumps away between press and release is not clicked."""
    page, run_id = waiting
    speed = page.context.new_cdp_session(page)
    for slower in (4, 8, 16):
        speed.send("Emulation.setCPUThrottlingRate", {"rate": slower})
        page.goto(f"/runs/{run_id}")
        page.get_by_test_id("node-start").click()
        expect(page.get_by_test_id("step-panel").get_by_role("heading", name="Request")).to_be_visible()
    speed.detach()


def test_a_reload_shows_the_same_history(waiting: tuple[Page, str]) -> None:
    page, run_id = waiting
    page.get_by_role("tab", name="Events").click()
    stored = [event["seq"] for event in read(page, f"/runs/{run_id}/events")["items"]]
    expect(page.locator(".qv-event")).to_have_count(len(stored))
    assert numbers(page) == stored
    page.reload()
    expect(page.get_by_test_id("node-ask")).to_have_attribute("data-state", "waiting_person")
    page.get_by_role("tab", name="Events").click()
    expect(page.locator(".qv-event")).to_have_count(len(stored))
    assert numbers(page) == stored


def test_a_lost_connection_leaves_no_gap_and_no_repeat(signed_in: Open) -> None:
    page = signed_in("/")
    run_id = start(page, ASKING, {"text": "A lamp", "amount": 200})
    line = Line(page, r"/api/v1/runs/[^/]+/events")
    page.goto(f"/runs/{run_id}")
    view = page.get_by_test_id("run-view")
    expect(view).to_have_attribute("data-status", "waiting_person", timeout=SECONDS)
    page.get_by_role("tab", name="Events").click()
    line.cut()
    expect(page.get_by_text("Catching up")).to_be_visible()
    approve(page, run_id)
    ended = "id => fetch(`/api/v1/runs/${id}`).then(r => r.json()).then(run => run.status === 'succeeded')"
    page.wait_for_function(ended, arg=run_id, timeout=SECONDS)
    expect(view).to_have_attribute("data-status", "waiting_person")
    line.mend()
    expect(view).to_have_attribute("data-status", "succeeded", timeout=SECONDS)
    expect(page.get_by_text("Catching up")).to_be_hidden()
    stored = [event["seq"] for event in read(page, f"/runs/{run_id}/events")["items"]]
    assert stored == list(range(1, len(stored) + 1))
    expect(page.locator(".qv-event")).to_have_count(len(stored))
    assert numbers(page) == stored


def test_a_model_s_answer_grows_and_is_replaced_by_the_output(signed_in: Open) -> None:
    """The page is opened while the model answers: what it has said before is there, too."""
    page = signed_in("/")
    page.goto(f"/runs/{start(page, TELLING, {})}")
    card = page.get_by_test_id("node-tell")
    expect(card).to_contain_text("word", timeout=SECONDS)
    card.click()
    said = page.get_by_test_id("step-said")
    expect(said).to_have_text(re.compile(r"^word0 word1 word2"))
    before = len(said.inner_text())
    page.wait_for_function(
        "before => (document.querySelector('[data-testid=step-said]')?.innerText.length ?? 0) > before",
        arg=before,
    )
    keep_screen(page, "run-view-answer-grows")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    keep_screen(page, "run-view-answer-grows-narrow-dark")
    page.set_viewport_size({"width": 1400, "height": 900})
    expect(page.get_by_test_id("run-view")).to_have_attribute("data-status", "succeeded", timeout=SECONDS)
    expect(said).to_have_count(0)
    expect(page.get_by_test_id("step-panel").get_by_label("Output")).to_contain_text(STORY[:500])
    expect(card).not_to_contain_text("word")


def test_a_failed_run_says_what_happened_and_where(signed_in: Open) -> None:
    page = signed_in("/")
    page.goto(f"/runs/{start(page, FAILING, {})}")
    expect(page.get_by_test_id("run-view")).to_have_attribute("data-status", "failed", timeout=SECONDS)
    panel = page.get_by_test_id("run-panel")
    expect(panel.get_by_role("alert")).to_contain_text("division by zero")
    panel.get_by_role("button", name="Look at Divide").click()
    expect(page.get_by_test_id("step-panel").get_by_role("alert")).to_contain_text("division by zero")
    expect(page.get_by_test_id("node-sum")).to_have_attribute("data-selected", "true")
    keep_screen(page, "run-view-failed")


def test_a_failed_step_is_given_an_output_and_the_rest_is_played(signed_in: Open) -> None:
    """R22, R23: the dialog says what stands, what runs again and what that does, before anything is done."""
    page = signed_in("/")
    run_id = start(page, FAILING, {})
    page.goto(f"/runs/{run_id}")
    expect(page.get_by_test_id("run-view")).to_have_attribute("data-status", "failed", timeout=SECONDS)
    page.get_by_test_id("act-retry").click()
    expect(page.get_by_test_id("fork-statement")).to_have_text("No side effect happens again.")
    keep_screen(page, "fork-dialog-retry")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Look at Divide").click()
    page.get_by_test_id("act-edit").click()
    page.get_by_label("Output, as JSON").fill('{"sum": 12')
    expect(page.get_by_test_id("fork-go")).to_be_disabled()
    page.get_by_label("Output, as JSON").fill('{"sum": 12}')
    page.get_by_text("2 steps stay").click()
    keep_screen(page, "fork-dialog-edit")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    keep_screen(page, "fork-dialog-edit-narrow-dark")
    page.set_viewport_size({"width": 1400, "height": 900})
    page.get_by_test_id("fork-go").click()
    page.wait_for_url(re.compile(rf"/runs/(?!{run_id})run_"), timeout=SECONDS)
    expect(page.get_by_test_id("run-view")).to_have_attribute("data-status", "succeeded", timeout=SECONDS)
    expect(page.get_by_test_id("run-panel")).to_contain_text("Forked off another run")
    fork = read(page, f"/runs/{page.url.rpartition('/')[2]}")
    assert (fork["output"], fork["forked_from_run_id"]) == ({"sum": 12}, run_id)
    keep_screen(page, "run-view-forked")
    page.get_by_test_id("act-replay").click()
    page.get_by_test_id("fork-go").click()
    page.wait_for_url(re.compile(rf"/runs/(?!{fork['id']})run_"), timeout=SECONDS)
    expect(page.get_by_test_id("run-view")).to_have_attribute("data-status", "succeeded", timeout=SECONDS)
    assert read(page, f"/runs/{page.url.rpartition('/')[2]}")["diverged"] is None
