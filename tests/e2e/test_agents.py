"""An agent is made from a ready-made role, given its own words, and brought back to how it was, as people do it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import keep_screen
from tests.e2e.test_run_view import SECONDS

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]


def test_an_agent_is_made_changed_and_restored(signed_in: Open) -> None:
    page = signed_in("/agents")
    expect(page.get_by_role("heading", name="Agents", exact=True)).to_be_visible(timeout=SECONDS)
    page.get_by_role("button", name="New agent").click()
    page.get_by_role("dialog").get_by_role("button", name="Critic").click()
    expect(page.get_by_role("heading", name="Critic")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_text("Ready", exact=True)).to_be_visible()
    goal = page.get_by_label("Goal")
    first = goal.input_value()
    goal.fill("Judge offers.")
    page.get_by_label("Model", exact=True).fill("openia:gpt-5")
    page.get_by_label("Why you change it").fill("Only offers")
    page.get_by_role("button", name="Save as new version").click()
    expect(page.get_by_text("There is no model called “openia:gpt-5”.", exact=True).first).to_be_visible()
    expect(page.get_by_text("Failed", exact=True)).to_be_visible()
    page.get_by_role("tab", name="Versions").click()
    expect(page.get_by_text("Goal, Model")).to_be_visible()
    expect(page.get_by_text(": Only offers")).to_be_visible()
    page.get_by_role("button", name="Restore").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Restore").click()
    expect(page.get_by_text("Version 1 is back, as version 3.")).to_be_visible()
    expect(page.get_by_text("Ready", exact=True)).to_be_visible()
    page.get_by_role("tab", name="Profile").click()
    expect(page.get_by_label("Goal")).to_have_value(first)
    keep_screen(page, "agent")
