"""A form over the page stays until the server has taken it: what it refuses stands in it, and nothing typed is lost."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import keep_screen
from tests.e2e.editing import csrf, held, new_workflow, post, until
from tests.e2e.instance import Instance
from tests.e2e.test_run_view import read

pytestmark = pytest.mark.e2e
PATTERN = "Use up to 64 letters, digits, - and _, beginning with a letter."
GREG = {"name": "Greg Edits", "email": "greg@example.com", "password": "correct horse battery staple"}
EMPTY: dict[str, Any] = {
    "quadrille": 1,
    "name": "Evaluated",
    "nodes": [
        {"id": "start", "kind": "start", "position": {"x": 0, "y": 0}},
        {"id": "output", "kind": "output", "position": {"x": 320, "y": 0}},
    ],
    "wires": [{"source": "start", "target": "output"}],
}


@pytest.fixture
def greg(instance: Instance, browser: Browser, signed_in: Callable[..., Page]) -> Iterator[Page]:
    """A page of somebody who edits; the owner can take that away."""
    url = post(signed_in("/"), "/invitations", {"roles": ["editor"]})["url"]
    context = browser.new_context(base_url=instance.url)
    page = context.new_page()
    page.goto(url)
    page.get_by_label("Your name").fill(GREG["name"])
    page.get_by_label("E-mail").fill(GREG["email"])
    page.get_by_label("Password", exact=True).fill(GREG["password"])
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url(instance.url + "/")
    yield page
    context.close()


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


def test_a_bad_name_is_told_at_its_field_and_what_was_typed_stays(signed_in: Callable[..., Page]) -> None:
    page = signed_in("/settings")
    page.get_by_role("button", name="New secret").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name").fill("not a name")
    form.get_by_label("Value").fill("s3cret")
    form.get_by_role("button", name="Save secret").click()
    expect(form.get_by_role("alert")).to_have_text(f"This is not a name for a secret. {PATTERN}")
    name = form.get_by_label("Name")
    expect(name).to_be_focused()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_value("not a name")
    expect(form.get_by_label("Value")).to_have_value("s3cret")
    keep_screen(page, "dialog-refused-field")
    name.fill("dialog_secret")
    form.get_by_role("button", name="Save secret").click()
    expect(form).to_have_count(0)
    expect(page.get_by_text("dialog_secret")).to_be_visible()


def test_a_name_that_is_taken_is_told_above_the_buttons(signed_in: Callable[..., Page]) -> None:
    page = signed_in("/")
    workflow = new_workflow(page, EMPTY)
    post(page, f"/workflows/{workflow}/evaluation-sets", {"name": "Refunds"})
    page.goto(f"/workflows/{workflow}/evaluation")
    page.get_by_role("button", name="New set").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name").fill("Refunds")
    form.get_by_label("Description").fill("What customers get back")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("alert")).to_contain_text("Refunds")
    expect(form.get_by_label("Description")).to_have_value("What customers get back")
    keep_screen(page, "dialog-refused")
    form.get_by_label("Name").fill("Refunds of 2026")
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    expect(page.get_by_text("Refunds of 2026").first).to_be_visible()


def test_a_permission_taken_away_meanwhile_is_told_in_the_form(
    signed_in: Callable[..., Page], greg: Page
) -> None:
    greg.goto("/agents")
    agent = post(greg, "/agents", {"name": "Ann of the dialogs"})["id"]
    greg.goto(f"/agents/{agent}")
    greg.get_by_role("tab", name="Capabilities").click()
    greg.get_by_role("button", name="Add", exact=True).click()
    form = greg.get_by_role("dialog")
    form.get_by_label("Can").fill("contract law")
    demote(signed_in("/"), GREG["name"])
    form.get_by_role("button", name="Add").click()
    expect(form.get_by_role("alert")).to_contain_text("Your role does not allow this.")
    expect(form.get_by_role("alert")).to_contain_text("workflow.edit")
    expect(form.get_by_label("Can")).to_have_value("contract law")


def demote(owner: Page, name: str) -> None:
    """Make an editor a viewer."""
    member = next(one["id"] for one in read(owner, "/members") if one["name"] == name)
    address = "/".join(owner.url.split("/")[:3])
    answer = owner.request.patch(
        f"{address}/api/v1/members/{member}",
        data={"roles": ["viewer"]},
        headers={"X-CSRF": csrf(owner.context), "Origin": address},
    )
    assert answer.ok, answer.text()


def test_the_button_is_busy_until_the_answer_comes_and_sends_once(signed_in: Callable[..., Page]) -> None:
    page = signed_in("/")
    waiting = held(page, "put_secret")
    page.goto("/settings")
    page.get_by_role("button", name="New secret").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Name").fill("held_secret")
    form.get_by_label("Value").fill("s3cret")
    button = form.get_by_role("button", name="Save secret")
    button.click()
    expect(button).to_have_attribute("aria-busy", "true")
    button.click()
    form.get_by_label("Value").press("Enter")
    expect(form).to_be_visible()
    keep_screen(page, "dialog-busy")
    until(page, lambda: bool(waiting))
    for one in waiting:
        one()
    expect(form).to_have_count(0)
    expect(page.get_by_text("held_secret")).to_be_visible()
    assert len(waiting) == 1, "pressed again while it waits, it is sent once"
