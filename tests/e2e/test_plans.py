"""From a goal to a team, as people do it: a plan, accepted into a workflow, and its diagram taken over on the canvas."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import keep_screen
from tests.e2e.test_run_view import SECONDS

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]


def test_a_goal_becomes_a_plan_and_the_plan_a_diagram(signed_in: Open) -> None:
    page = signed_in("/plans")
    expect(page.get_by_role("heading", name="Plans", exact=True)).to_be_visible(timeout=SECONDS)
    begin, goal = page.get_by_role("button", name="New plan"), page.get_by_label("Goal", exact=True)
    expect(begin.or_(goal)).to_be_visible(timeout=SECONDS)  # without any plan the form stands on the page
    if begin.is_visible():
        begin.click()
    goal.fill("Answer support tickets of our customers and refund what is due.")
    page.get_by_label("it spends money").check()
    page.get_by_role("button", name="Make a plan").click()
    gantt = page.get_by_test_id("gantt")
    expect(gantt.get_by_role("listitem").filter(has_text="Draft the reply")).to_be_visible(timeout=SECONDS)
    expect(gantt.get_by_role("listitem").filter(has_text="Approve: Work out the refund")).to_be_visible()
    expect(page.get_by_test_id("critical").get_by_text("Draft the reply")).to_be_visible()
    page.get_by_role("tab", name="Risks").click()
    expect(page.get_by_text("it can only prepare “Work out the refund”")).to_be_visible()
    keep_screen(page, "plan")
    page.get_by_role("button", name="Accept into a workflow").click()
    page.get_by_role("dialog").get_by_role("button", name="Accept").click()
    proposal = page.get_by_test_id("proposal")
    expect(proposal.get_by_test_id("proposal-told")).to_contain_text("The plan", timeout=SECONDS)
    keep_screen(page, "plan-proposed")
    proposal.get_by_test_id("proposal-accept").click()
    expect(proposal).to_be_hidden()
    canvas = page.locator(".react-flow__node")
    expect(canvas.filter(has_text="Draft the reply")).to_be_visible(timeout=SECONDS)
    expect(canvas.filter(has_text="Approve: Work out the refund")).to_be_visible()
