"""A run becomes a case, a version is played with it, and its score stands beside the version: R34 of docs/run-views.md."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.conftest import keep_screen
from tests.e2e.editing import new_workflow, post
from tests.e2e.instance import Instance
from tests.e2e.owner import owner_page

pytestmark = pytest.mark.e2e
SECONDS = 120_000
GREETING: dict[str, Any] = {
    "quadrille": 1,
    "name": "Greeting",
    "nodes": [
        {"id": "start", "kind": "start", "name": "Whom", "at": [0, 0]},
        {
            "id": "write",
            "kind": "set_fields",
            "name": "Write",
            "at": [320, 0],
            "config": {"fields": [{"name": "text", "value": "Hello {{ input.name }}!"}]},
        },
        {"id": "output", "kind": "output", "name": "Said", "at": [640, 0]},
    ],
    "wires": [{"from": "start", "to": "write"}, {"from": "write", "to": "output"}],
}


def test_R34_a_run_becomes_a_case_and_its_version_gets_a_score(
    instance: Instance, browser: Browser, owner_state: dict[str, Any]
) -> None:
    with owner_page(browser, instance, owner_state) as page:
        page.goto("/runs")
        workflow = new_workflow(page, GREETING)
        post(page, f"/workflows/{workflow}/publish", {})
        run = post(page, f"/workflows/{workflow}/runs?wait=60", {"input": {"name": "Ada"}})
        page.goto(f"/runs/{run['id']}")
        page.get_by_role("button", name="Add to an evaluation set").click(timeout=SECONDS)
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Name of the case").fill("Greets Ada")
        dialog.get_by_role("button", name="Add the case").click()
        dialog.get_by_role("link", name="Open the set").click(timeout=SECONDS)
        expect(page.get_by_test_id("case")).to_contain_text("Greets Ada", timeout=SECONDS)
        page.get_by_role("button", name="Evaluate", exact=True).click()
        evaluation = page.get_by_test_id("evaluation")
        expect(evaluation).to_have_attribute("data-status", "done", timeout=SECONDS)
        expect(evaluation).to_contain_text("1 of 1 pass")
        expect(page.get_by_test_id("result")).to_have_attribute("data-passed", "yes")
        page.get_by_test_id("case").get_by_role("button", name="Greets Ada", exact=True).click()
        dialog.get_by_label("Expected output").fill("text: Bye Ada!")
        dialog.get_by_role("button", name="Save").click()
        expect(dialog).to_have_count(0, timeout=SECONDS)
        page.get_by_role("button", name="Evaluate", exact=True).click()
        expect(evaluation).to_have_count(2, timeout=SECONDS)
        expect(evaluation.first).to_have_attribute("data-status", "done", timeout=SECONDS)
        expect(page.get_by_test_id("result")).to_contain_text("worse, was 1.00", timeout=SECONDS)
        expect(page.get_by_test_id("result")).to_contain_text("Hello Ada!")
        keep_screen(page, "evaluation")
        page.get_by_test_id("result").get_by_role("link", name="Greets Ada").click()
        expect(page).to_have_url(re.compile("/runs/run_"))
        page.goto(f"/workflows/{workflow}")
        page.get_by_test_id("node-start").wait_for(timeout=SECONDS)
        page.keyboard.press("Shift+H")
        expect(page.get_by_test_id("version-1")).to_contain_text("From runs 0.00", timeout=SECONDS)
