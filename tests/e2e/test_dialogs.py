"""A form over the page stays until it is complete, and goes when it is sent."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.e2e


def test_a_form_that_lacks_something_stays_with_what_was_typed(signed_in: Callable[..., Page]) -> None:
    page = signed_in("/settings")
    page.get_by_role("button", name="New key").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Lives for days").fill("7")
    form.get_by_role("button", name="Create key").click()
    lacking = form.locator("input:invalid")
    expect(lacking).to_have_attribute("name", "name")
    expect(lacking).to_be_focused()  # the browser has looked at the form and led there
    expect(form.get_by_label("Lives for days")).to_have_value("7")
    lacking.fill("nightly import")
    form.get_by_role("button", name="Create key").click()
    expect(page.get_by_test_id("once")).to_be_visible()
    expect(form).to_have_count(1)
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("nightly import")).to_be_visible()
