"""The inbox by keyboard, a question's page with its thread, and the pages of monitoring, as people use them."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.canvas.test_access import serious
from tests.e2e.conftest import keep_screen
from tests.e2e.test_run_view import SECONDS, new_workflow, post, read

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]


def asking(title: str, **config: Any) -> dict[str, Any]:
    fields = [{"name": "amount", "type": "number", "label": "Amount", "proposal": "{{ input.amount }}"}]
    return {
        "quadrille": 1,
        "name": title,
        "nodes": [
            {"id": "start", "kind": "start"},
            {"id": "ask", "kind": "human_approval", "config": {"title": title, "fields": fields, **config}},
            {"id": "out", "kind": "output"},
        ],
        "wires": [{"from": "start", "to": "ask"}, {"from": "ask.approved", "to": "out"}],
    }


def asked(page: Page, diagram: dict[str, Any]) -> dict[str, Any]:
    """A question that waits for somebody."""
    workflow = new_workflow(page, diagram)
    run = post(page, f"/workflows/{workflow}/runs", {"input": {"amount": 120}, "version": "draft"})
    page.goto(f"/runs/{run['id']}")
    expect(page.get_by_test_id("run-view")).to_have_attribute(
        "data-status", "waiting_person", timeout=SECONDS
    )
    return next(one for one in read(page, "/approvals")["items"] if one["run_id"] == run["id"])


def status(page: Page, one: dict[str, Any]) -> str:
    return read(page, f"/approvals/{one['id']}")["status"]


def test_R40_the_inbox_is_worked_off_by_keyboard(signed_in: Open) -> None:
    page = signed_in("/")
    usual, urgent = (
        asked(page, asking("Order chairs?")),
        asked(page, asking("Pay at once?", priority="urgent")),
    )
    page.goto("/approvals")
    rows = page.locator(".qk-approval-row")
    expect(rows.filter(has_text="Order chairs?").first).to_be_visible()
    texts = rows.all_inner_texts()
    assert next(n for n, t in enumerate(texts) if "Pay at once?" in t) < next(
        n for n, t in enumerate(texts) if "Order chairs?" in t
    )
    expect(page.locator(".qk-rail .qk-count").first).to_be_visible()
    assert not (found := serious(page)), found
    keep_screen(page, "approvals-inbox")
    for question, key, button, verdict in (
        (urgent, "a", "Approve", "approved"),
        (usual, "x", "Reject", "rejected"),
    ):
        row = page.get_by_role("link", name=question["title"])
        row.press(key)
        dialog = page.get_by_role("alertdialog")
        expect(dialog).to_contain_text('"amount": 120', timeout=SECONDS)
        assert status(page, question) == "open", "nothing is decided before it is confirmed"
        dialog.get_by_role("button", name=button).click()
        expect(dialog).to_have_count(0, timeout=SECONDS)  # while it is open, nothing behind it has a role
        expect(row).to_have_count(0, timeout=SECONDS)
        assert status(page, question) == verdict
    phone = signed_in("/approvals", width=390, height=844)
    expect(phone.get_by_role("heading", name="Approvals")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_R41_people_talk_under_a_question_and_approve_what_they_changed(signed_in: Open) -> None:
    page = signed_in("/")
    question = asked(page, asking("Refund it?", needed=1, expires_after=7200))
    page.goto(f"/approvals/{question['id']}")
    expect(page.get_by_text(question["arguments_hash"][:12])).to_be_visible()
    page.get_by_role("button", name="Ask for information").click()
    page.get_by_label("What do you need to know?").fill("Which card was it?")
    page.get_by_role("dialog").get_by_role("button", name="Ask").click()
    expect(page.get_by_text("Which card was it?")).to_be_visible()
    assert status(page, question) == "open", "asking decides nothing"
    page.get_by_label("Comment in the thread").fill("The blue one.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("The blue one.")).to_be_visible()
    assert read(page, f"/approvals/{question['id']}")["info_from"] is None
    assert not (found := serious(page)), found
    keep_screen(page, "approval-thread")
    page.get_by_label("Amount").fill("90")
    page.get_by_role("button", name="Approve").click()
    changed = page.get_by_label("Changed before it was approved")
    expect(changed).to_contain_text("120")
    expect(changed).to_contain_text("90")


def test_R41_a_comment_that_is_refused_stays_and_one_that_is_taken_leaves_the_field(signed_in: Open) -> None:
    page = signed_in("/")
    question = asked(page, asking("Keep what is said?", needed=1, expires_after=7200))
    page.goto(f"/approvals/{question['id']}")
    said, thread = page.get_by_label("Comment in the thread"), page.locator(".qk-thread")
    said.fill("   ")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Write something first.")).to_be_visible()
    expect(said).to_have_value("   ")
    said.evaluate("field => field.removeAttribute('maxlength')")
    said.fill("a" * 10_001)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("This has 10,001 characters; 10,000 are allowed.")).to_be_visible()
    expect(said).to_have_value("a" * 10_001)
    said.fill("Short.")
    page.get_by_role("button", name="Send").click()
    expect(thread).to_contain_text("Short.")
    expect(said).to_have_value("")
    expect(page.get_by_text("10,000 are allowed")).to_have_count(0)


def test_R41_the_page_tells_what_the_run_has_cost_so_far(signed_in: Open) -> None:
    page = signed_in("/")
    diagram = asking("Send the summary?")
    asked_of = {
        "model": "scripted/extractive",
        "prompt": "The lamp is broken. The customer wants it replaced.",
    }
    diagram["nodes"].insert(1, {"id": "sum", "kind": "chat_model", "config": asked_of})
    diagram["wires"][0] = {"from": "start", "to": "sum"}
    diagram["wires"].append({"from": "sum", "to": "ask"})
    question = asked(page, diagram)
    spent = read(page, f"/approvals/{question['id']}")["spent"]
    assert spent["cost"] > 0
    page.goto(f"/approvals/{question['id']}")
    words = f"Cost so far {spent['tokens']:,} tokens, ${spent['cost']:.4f}"
    expect(page.get_by_test_id("spent")).to_have_text(words)
    page.get_by_role("button", name="Reject…").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Reject").click()
    expect(page.get_by_text("Rejected", exact=True)).to_be_visible()
    expect(page.get_by_test_id("spent")).to_have_text(words)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_R50_monitoring_and_the_heat_of_a_workflow_are_shown(signed_in: Open, *, dark: bool) -> None:
    page = signed_in("/", dark=dark)
    diagram = asking("Looked at?") | {"name": "Heat"}
    workflow = new_workflow(page, diagram)
    post(page, f"/workflows/{workflow}/publish", {})
    post(page, f"/workflows/{workflow}/runs", {"input": {"amount": 1}})
    page.goto("/monitoring")
    expect(page.get_by_label("Installation")).to_contain_text("1 alive")
    expect(page.get_by_label("Installation")).to_contain_text("Circuit breakers")
    expect(page.locator(".qk-tiles")).to_contain_text("Cost today")
    page.get_by_role("button", name="New alarm").click()
    page.locator("select[name=kind]").select_option("error_count")
    page.get_by_role("dialog").get_by_role("button", name="Look for it").click()
    expect(page.get_by_text("3 runs fail in 60 minutes").first).to_be_visible()
    expect(page.locator(".rt-BaseDialogOverlay")).to_have_count(0)
    assert not (found := serious(page)), found
    keep_screen(page, f"monitoring-{'dark' if dark else 'light'}")
    page.goto(f"/workflows/{workflow}/health")
    expect(page.get_by_test_id("heat-start")).to_have_attribute("data-visited", "true", timeout=SECONDS)
    page.get_by_role("button", name="Cost", exact=True).click()
    expect(page.get_by_test_id("heat-start")).to_contain_text("asks no model")
    assert not (found := serious(page)), found
    keep_screen(page, f"heat-{'dark' if dark else 'light'}")
