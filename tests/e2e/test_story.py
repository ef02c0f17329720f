"""The whole story in a real browser: from the one-time link to a drawn, run, approved and finished workflow."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import keep_screen
from tests.e2e.editing import drag
from tests.e2e.instance import Instance

pytestmark = pytest.mark.e2e
CORRECTED = "Your subscription ends on the last day of this month. We are sorry to see you go."


def connect(page: Page, source: str, target: str) -> None:
    start, end = (page.get_by_test_id(name).bounding_box() for name in (source, target))
    assert start
    assert end
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2 + 6, end["y"] + end["height"] / 2, steps=12)
    page.mouse.up()


def saved(page: Page) -> None:
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")


def edit_the_draft(page: Page) -> None:
    """Change a label, drag a node, add one from the palette, connect it, undo, redo."""
    page.get_by_test_id("node-classify").click()
    inspector = page.get_by_test_id("inspector")
    expect(inspector).to_be_visible()
    name = inspector.get_by_test_id("inspector-name")
    name.fill("Which topic?")
    name.press("Tab")
    expect(page.get_by_test_id("node-classify")).to_contain_text("Which topic?")
    page.keyboard.press("Escape")
    before = page.get_by_test_id("node-guard").bounding_box()
    drag(page, page.get_by_test_id("node-guard"), by=(0, 120))
    after = page.get_by_test_id("node-guard").bounding_box()
    assert before
    assert after
    assert after["y"] > before["y"] + 60
    count = page.locator('[data-testid^="node-"]').count()
    page.get_by_test_id("palette-item-set_fields").click()
    expect(page.locator('[data-testid^="node-"]')).to_have_count(count + 1)
    page.get_by_test_id("undo").click()
    expect(page.locator('[data-testid^="node-"]')).to_have_count(count)
    page.get_by_test_id("redo").click()
    expect(page.locator('[data-testid^="node-"]')).to_have_count(count + 1)
    page.get_by_test_id("undo").click()
    saved(page)


def test_from_the_first_link_to_a_finished_run(
    instance: Instance, signed_in: Callable[..., Page], tmp_path: Path
) -> None:
    page = signed_in("/")
    expect(page.get_by_role("heading", name="Support triage")).to_be_visible()
    keep_screen(page, "story-start")
    card = page.locator("article", has_text="Support triage")
    card.get_by_role("button", name="Use", exact=True).click()
    page.wait_for_url(re.compile(r"/workflows/wf_|/workflows/support-triage"))
    expect(page.get_by_test_id("node-classify")).to_be_visible()
    keep_screen(page, "story-editor")

    # A second browser on the same draft sees the edits live, with cursors.
    other = signed_in(page.url.removeprefix(instance.url))
    expect(other.get_by_test_id("node-classify")).to_be_visible()
    edit_the_draft(page)
    expect(other.get_by_test_id("node-classify")).to_contain_text("Which topic?")
    canvas = page.get_by_test_id("canvas").bounding_box()
    assert canvas
    page.mouse.move(canvas["x"] + 500, canvas["y"] + 400, steps=4)
    expect(other.get_by_test_id("peer-cursor")).to_be_visible()
    keep_screen(other, "story-second-browser")

    # Reload: nothing is lost.
    page.reload()
    expect(page.get_by_test_id("node-classify")).to_contain_text("Which topic?")

    # Run with a sample and watch it until it waits for a person.
    page.get_by_test_id("run-button").click()
    page.get_by_test_id("sample-needs approval").click()
    page.get_by_test_id("run-start").click()
    expect(page.get_by_test_id("node-approve")).to_have_attribute(
        "data-state", "waiting_person", timeout=120_000
    )
    expect(page.get_by_test_id("node-draft")).to_have_attribute("data-state", "succeeded")
    keep_screen(page, "story-waiting")
    run_link = page.get_by_test_id("run-link").get_attribute("href")
    assert run_link

    # Decide in the inbox, with the draft answer corrected first.
    inbox = signed_in("/approvals")
    inbox.get_by_role("link", name=re.compile("Answer to")).first.click()
    answer = inbox.get_by_label("Answer", exact=True)
    expect(answer).to_be_visible()
    keep_screen(inbox, "story-approval")
    answer.fill(CORRECTED)
    inbox.get_by_role("button", name=re.compile("^Approve")).click()

    # The run finishes; its page keeps output, timeline and events; a reload changes nothing.
    expect(page.get_by_test_id("run-strip")).to_have_attribute("data-state", "succeeded", timeout=120_000)
    run_page = signed_in(run_link)
    for _ in range(2):
        view = run_page.get_by_test_id("run-view")
        expect(view).to_have_attribute("data-status", "succeeded")
        expect(run_page.get_by_test_id("run-panel")).to_contain_text(CORRECTED)
        run_page.get_by_role("tab", name="Events").click()
        run_page.get_by_role("button", name="Oldest first").click()
        expect(run_page.get_by_label("Events", exact=True)).to_contain_text("run.succeeded")
        run_page.reload()
    keep_screen(run_page, "story-finished")


def test_the_same_workflow_from_the_command_and_over_rest(
    instance: Instance, signed_in: Callable[..., Page], tmp_path: Path
) -> None:
    page = signed_in("/")
    if not page.request.get("/api/v1/workflows/support-triage").ok:
        made = instance.quadrille("keys", "create", "setup").stdout.strip()
        headers = {"Authorization": f"Bearer {made}"}
        answer = httpx2.post(
            f"{instance.url}/api/v1/workflows", json={"template": "support-triage"}, headers=headers
        )
        assert answer.status_code == 201, answer.text
    sample = tmp_path / "sample.json"
    sample.write_text(
        json.dumps(
            {
                "subject": "Where is my invoice?",
                "message": "Hello, where can I download the invoice for my last payment? Thank you!",
                "customer_email": "ada@example.org",
            }
        )
    )
    ran = instance.quadrille(
        "run", "support-triage", "--input", f"@{sample}", "--follow", "--version", "draft"
    )
    assert json.loads(ran.stdout)["status"] == "answered", ran.stderr
    assert "run.succeeded" in ran.stderr

    key = instance.quadrille("keys", "create", "rest").stdout.strip()
    answer = httpx2.post(
        f"{instance.url}/api/v1/workflows/support-triage/runs?wait=60",
        json={"input": json.loads(sample.read_text()), "version": "draft"},
        headers={"Authorization": f"Bearer {key}"},
        timeout=90,
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["output"]["label"] == "billing"
