"""From a goal to a team, as people do it: a plan, accepted into a workflow, and its diagram taken over on the canvas."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import keep_screen
from tests.e2e.editing import post, until
from tests.e2e.test_run_view import SECONDS, read

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


def agent(page: Page, name: str) -> str:
    """Somebody who can all of an incident, and says at once that it is done."""
    can = ("routing", "analysis", "research", "planning", "writing")
    profile = {"model": "scripted/script", "script": "turns:\n  - {say: Done as it was asked.}"}
    able = [{"name": word, "proficiency": 0.8} for word in can]
    return post(page, "/agents", {"name": name, "profile": profile, "capabilities": able})["id"]


def under_way(page: Page, names: list[str]) -> tuple[str, str]:
    """A plan of an incident, and a run of it that waits for a person before it acts; their ids."""
    limits = {"deadline_seconds": 600, "approvals": ["external"], "approval_seconds": 30, "agents": names}
    wish = {"goal": "Bring the shop back.", "domain": "incident", "constraints": limits}
    plan = post(page, "/plans", wish)
    assert plan["state"] == "proposed", plan["plan"]["problems"]
    done = post(page, f"/plans/{plan['id']}/accept", {"draw": True})
    run = post(
        page, f"/workflows/{done['workflow_id']}/runs", {"input": {"text": "It is down."}, "version": "draft"}
    )
    until(page, lambda: read(page, f"/runs/{run['id']}")["status"] == "waiting_person")
    until(page, lambda: [one["run_id"] for one in runs(page, plan["id"])] == [run["id"]])
    return plan["id"], run["id"]


def runs(page: Page, plan_id: str) -> list[dict[str, Any]]:
    return read(page, f"/plans/{plan_id}/runs")["items"]


def told(page: Page, plan_id: str, what: str) -> Locator:
    """The tab Runs as it is now, with a line that says so."""
    page.goto(f"/plans/{plan_id}")
    page.get_by_role("tab", name="Runs").click()
    found = page.get_by_test_id("adaptation").filter(has_text=what)
    expect(found).to_be_visible(timeout=SECONDS)
    return found


def test_a_run_that_leaves_its_plan_is_seen_to_by_the_policy_and_planned_again_by_a_person(
    signed_in: Open,
) -> None:
    page, mark = signed_in("/plans"), uuid4().hex[:4]
    names = [f"Ann {mark}", f"Ben {mark}"]
    for name in names:
        agent(page, name)
    plan_id, run_id = under_way(page, names)

    page.goto(f"/plans/{plan_id}")
    page.get_by_role("tab", name="Runs").click()
    policy, dialog = page.get_by_test_id("policy"), page.get_by_role("dialog")
    expect(policy).to_have_text("A person is asked about everything.", timeout=SECONDS)
    page.get_by_role("button", name="Policy").click()
    dialog.get_by_label("Give tasks that have not begun to others").select_option("perform")
    percent = dialog.get_by_label("At most so many percent more than planned")
    percent.fill("2000")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_visible()
    assert "1000" in percent.evaluate("field => field.validationMessage"), (
        "it says at the field what it may be"
    )
    keep_screen(page, "plan-policy")
    percent.fill("50")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(policy).to_have_text(
        "Without asking, tasks that have not begun are given to others, where that costs at most 50% more than planned."
    )

    given = read(page, f"/plans/{plan_id}")["plan"]["assignments"]
    gone = next(one["member"] for one in given if one["task"] == "act")
    post(page, f"/agents/{gone}/terminate", {})
    until(page, lambda: any(one["state"] == "done" for one in runs(page, plan_id)[0]["adaptations"]))
    expect(told(page, plan_id, "Give the tasks")).to_contain_text(
        "Done by the plan's policy. “Carry out the action” goes to"
    )
    expect(page.get_by_text("who should do “Carry out the action”, was terminated.")).to_be_visible()

    page.get_by_test_id("plan-run").get_by_role("button", name="Plan the rest again").click()
    dialog.get_by_label("Model that takes the rest apart").fill("compatible:absent")
    dialog.get_by_role("button", name="Plan the rest again").click()
    done = page.get_by_test_id("adaptation").filter(
        has_text="“Write down what was learned” is not needed any more"
    )
    expect(done).to_contain_text("compatible:absent gave no plan for the rest", timeout=SECONDS)
    expect(dialog).to_have_count(0)
    expect(done).to_contain_text("The run follows", timeout=SECONDS)
    keep_screen(page, "plan-rest")
    assert runs(page, plan_id)[0]["version"] == 3
    page.get_by_role("tab", name="Why").click()
    expect(
        page.get_by_text("“Respond to the incident” is done by “Contain first, for time is short” now.")
    ).to_be_visible()
    page.get_by_role("button", name="Accept into a workflow").click()
    dialog.get_by_role("button", name="Accept").click()
    proposal = page.get_by_test_id("proposal")
    expect(proposal.get_by_test_id("proposal-told")).to_contain_text("The plan", timeout=SECONDS)
    expect(proposal).to_contain_text("Write down what was learned")
    keep_screen(page, "plan-rest-proposed")
    proposal.get_by_test_id("proposal-accept").click()
    expect(proposal).to_be_hidden()
    canvas = page.locator(".react-flow__node")
    expect(canvas.filter(has_text="Carry out the action").first).to_be_visible(timeout=SECONDS)
    expect(canvas.filter(has_text="Write down what was learned")).to_have_count(0)
    post(page, f"/runs/{run_id}/cancel", {})
