"""Acting on a run under way: its state is edited, it is repaired, its worker is killed, and a fork is told what to say."""

import asyncio
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import psutil
import pytest
from anyio.from_thread import start_blocking_portal
from playwright.sync_api import Page, expect

from tests.e2e.conftest import keep_screen
from tests.e2e.editing import new_workflow, post, until
from tests.e2e.instance import Instance
from tests.e2e.test_run_view import read
from tests.http_server import Answer, Asked, Server, json_answer, serving

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]
SECONDS = 120_000
SAID = "turns:\n  - {say: 'Gruezi', when: swiss}\n  - {say: 'Hello'}"


def telling(*between: dict[str, Any]) -> dict[str, Any]:
    """A node of code, what stands between, and a model."""
    said = {"model": "scripted/script", "script": SAID, "prompt": "Say hello"}
    return row(*between, {"id": "ask", "kind": "chat_model", "name": "Say", "config": said})


def row(*between: dict[str, Any]) -> dict[str, Any]:
    """A node of code, and what comes after it."""
    nodes = [
        {"id": "start", "kind": "start", "name": "Begin"},
        {"id": "sum", "kind": "code", "name": "Sum", "config": {"source": "{'total': 1}"}},
        *between,
        {"id": "end", "kind": "output", "name": "Result"},
    ]
    ids = [node["id"] for node in nodes]
    return {
        "quadrille": 1,
        "name": "Say hello",
        "nodes": [node | {"at": [300 * n, 0]} for n, node in enumerate(nodes)],
        "wires": [{"from": a, "to": b} for a, b in pairwise(ids)],
    }


def begin(page: Page, diagram: dict[str, Any]) -> str:
    """The page of a new run; its id."""
    workflow = new_workflow(page, diagram)
    run_id = post(page, f"/workflows/{workflow}/runs", {"input": {}, "version": "draft"})["id"]
    page.goto(f"/runs/{run_id}")
    return run_id


def test_R21_and_R25_a_paused_run_is_edited_repaired_and_goes_on(signed_in: Open) -> None:
    page = signed_in("/")
    nap = {"id": "nap", "kind": "wait", "name": "Nap", "config": {"duration": 86_400}}
    run_id = begin(page, telling(nap))
    view, dialog = page.get_by_test_id("run-view"), page.get_by_test_id("repair-dialog")
    expect(page.get_by_test_id("node-nap")).to_have_attribute("data-state", "waiting_time", timeout=SECONDS)
    expect(page.get_by_test_id("act-repair")).to_have_count(0)
    twin = post(
        page, f"/workflows/{read(page, f'/runs/{run_id}')['workflow_id']}/runs", {"version": "draft"}
    )["id"]
    post(page, f"/runs/{twin}/pause", {})
    until(page, lambda: read(page, f"/runs/{twin}")["status"] == "paused")
    page.get_by_test_id("steer-pause").get_by_role("button").click()
    expect(view).to_have_attribute("data-status", "paused", timeout=SECONDS)
    page.get_by_test_id("node-sum").click()
    page.get_by_test_id("act-repair").click()
    expect(dialog.get_by_test_id("repair-output")).to_have_value(re.compile('"total": 1'))
    dialog.get_by_test_id("repair-output").fill('{"total": 7}')
    dialog.get_by_test_id("repair-add").click()
    dialog.get_by_test_id("repair-step").select_option(label="Nap (not played)")
    dialog.get_by_test_id("repair-output").fill('{"slept": 0}')
    dialog.get_by_test_id("repair-add").click()
    expect(dialog.get_by_test_id("change-nap")).to_contain_text("Skip with an output")
    expect(dialog.get_by_test_id("repair-statement")).to_contain_text(
        "1 output is replaced, 1 step is skipped. Nothing"
    )
    keep_screen(page, "repair-dialog")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    keep_screen(page, "repair-dialog-narrow-dark")
    page.set_viewport_size({"width": 1400, "height": 900})
    dialog.get_by_label("Why, for the history").fill("Nobody has to sleep")
    dialog.get_by_text("The same for 1 other paused run of this version").click()
    dialog.get_by_label("All of them").check()
    expect(dialog.get_by_test_id("repair-go")).to_have_text("Apply to 2 runs")
    dialog.get_by_test_id("repair-go").click()
    expect(dialog).to_have_count(0)
    page.get_by_test_id("steer-resume").get_by_role("button").click()
    expect(view).to_have_attribute("data-status", "succeeded", timeout=SECONDS)
    page.get_by_role("tab", name="Events", exact=True).click()
    expect(page.get_by_text("Nobody has to sleep")).to_be_visible()
    assert [event["kind"] for event in read(page, f"/runs/{twin}/events")["items"]].count("run.repaired") == 1
    steps = {step["node_id"]: step for step in read(page, f"/runs/{run_id}/steps")["items"]}
    assert (steps["sum"]["output"], steps["nap"]["output"]) == ({"total": 7}, {"slept": 0})


@pytest.fixture
def answers_the_second() -> Iterator[Server]:
    """A server that leaves whoever asks first without an answer."""

    def answer(_: Asked) -> Answer:
        return json_answer("Hello") if len(server.asked) > 1 else Answer(until=asyncio.Event())

    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(serving(answer)) as server,
    ):
        yield server


def test_R24_after_a_worker_was_killed_the_legend_tells_what_was_reused(
    signed_in: Open, instance: Instance, answers_the_second: Server
) -> None:
    page = signed_in("/")
    url = answers_the_second.url.replace("127.0.0.1", "localhost")
    get = {"id": "ask", "kind": "http_request", "name": "Ask", "config": {"url": url}}
    begin(page, row(get))
    expect(page.get_by_test_id("node-ask")).to_have_attribute("data-state", "running", timeout=SECONDS)
    until(page, lambda: bool(answers_the_second.asked))  # else the next worker would be the first who asks
    assert instance.process
    children = psutil.Process(instance.process.pid).children(recursive=True)
    workers = [one for one in children if {"backend.worker", "--runs"} <= set(one.cmdline())]
    assert workers
    for worker in workers:
        worker.kill()
    view, legend = page.get_by_test_id("run-view"), page.get_by_test_id("legend")
    expect(view).to_have_attribute("data-status", "succeeded", timeout=2 * SECONDS)
    for words in ("Reused 2", "Entered again 1", "Runs fresh 1"):
        expect(legend).to_contain_text(words)
    expect(page.locator(".react-flow__node.qv-part-again")).to_have_attribute("data-id", "ask")
    keep_screen(page, "run-view-recovered")


def test_R22_a_fork_says_something_else_and_the_tree_leads_back(signed_in: Open) -> None:
    page = signed_in("/")
    run_id = begin(page, telling())
    view = page.get_by_test_id("run-view")
    expect(view).to_have_attribute("data-status", "succeeded", timeout=SECONDS)
    page.get_by_test_id("node-ask").click()
    page.get_by_test_id("act-fork").click()
    expect(page.get_by_test_id("fork-model")).to_have_value("scripted/script")
    page.get_by_test_id("fork-prompt").fill("Say hello like the swiss")
    expect(page.get_by_test_id("fork-statement")).to_contain_text("Say")
    keep_screen(page, "fork-dialog-prompt")
    page.get_by_test_id("fork-go").click()
    page.wait_for_url(re.compile(rf"/runs/(?!{run_id})run_"), timeout=SECONDS)
    expect(view).to_have_attribute("data-status", "succeeded", timeout=SECONDS)
    page.get_by_role("tab", name="Forks", exact=True).click()
    tree = page.get_by_role("tree", name="Forks")
    expect(tree.get_by_role("treeitem")).to_have_count(2)
    expect(tree.get_by_role("treeitem").last).to_contain_text("forked from Say")
    expect(tree.get_by_role("treeitem").last).to_contain_text("this run")
    tree.get_by_role("button", name="Compare").click()
    expect(page.get_by_test_id("comparison")).to_contain_text("steps differ")
    page.get_by_role("tab", name="Forks", exact=True).click()
    tree.get_by_role("button", name="The first run").click()
    page.wait_for_url(re.compile(run_id), timeout=SECONDS)
