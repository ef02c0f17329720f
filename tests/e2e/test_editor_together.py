"""Several people on one draft: edits and cursors live, work without a connection, and people who may only look."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import keep_screen
from tests.e2e.editing import ASKING, centre, drag, new_workflow, post, pull_wire
from tests.e2e.instance import Instance

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]
VIEWER = {"name": "Vera Viewer", "email": "vera@example.com", "password": "correct horse battery staple"}


@pytest.fixture
def two(signed_in: Open) -> tuple[Page, Page]:
    """Two browsers on one draft."""
    one, other = signed_in("/"), signed_in("/")
    workflow = new_workflow(one, ASKING)
    for page in (one, other):
        page.goto(f"/workflows/{workflow}")
        page.get_by_test_id("node-check").wait_for()
        expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    return one, other


@pytest.fixture(scope="module")
def viewer_state(instance: Instance, browser: Browser, owner_state: dict[str, Any]) -> dict[str, Any]:
    """The cookies of somebody who was invited as a viewer."""
    owner = browser.new_context(base_url=instance.url, storage_state=owner_state)  # pyright: ignore[reportArgumentType]
    page = owner.new_page()
    page.goto("/")
    url = post(page, "/invitations", {"roles": ["viewer"]})["url"]
    owner.close()
    context = browser.new_context(base_url=instance.url)
    page = context.new_page()
    page.goto(url)
    page.get_by_label("Your name").fill(VIEWER["name"])
    page.get_by_label("E-mail").fill(VIEWER["email"])
    page.get_by_label("Password", exact=True).fill(VIEWER["password"])
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url(instance.url + "/")
    state = dict(context.storage_state())
    context.close()
    return state


@pytest.fixture
def viewer(instance: Instance, browser: Browser, viewer_state: dict[str, Any]) -> Iterator[Page]:
    """A page of the viewer."""
    context = browser.new_context(base_url=instance.url, storage_state=viewer_state)  # pyright: ignore[reportArgumentType]
    page = context.new_page()
    page.goto("/")
    yield page
    context.close()


def test_C93_edits_cursor_and_selection_of_one_show_in_the_browser_of_the_other(
    two: tuple[Page, Page],
) -> None:
    one, other = two
    one.get_by_test_id("node-check").click()
    one.get_by_test_id("inspector-name").fill("Is it much?")
    expect(other.get_by_test_id("node-check")).to_contain_text("Is it much?")
    expect(other.get_by_test_id("node-check")).to_have_attribute("data-peer", "Ada Lovelace")
    x, y = centre(one.get_by_test_id("canvas"))
    one.mouse.move(x, y + 200, steps=4)
    expect(other.get_by_test_id("peer-cursor")).to_contain_text("Ada Lovelace")
    expect(other.get_by_test_id("presence")).to_contain_text("A")
    keep_screen(other, "editor-two-people")


def test_C40_undo_takes_back_only_what_this_person_did(two: tuple[Page, Page]) -> None:
    one, other = two
    other.get_by_test_id("node-done").click()
    other.get_by_test_id("inspector-name").fill("Named by the other")
    expect(one.get_by_test_id("node-done")).to_contain_text("Named by the other")
    one.get_by_test_id("node-check").click()
    one.get_by_test_id("inspector-name").fill("Named by one")
    expect(other.get_by_test_id("node-check")).to_contain_text("Named by one")
    one.get_by_test_id("undo").click()
    expect(other.get_by_test_id("node-check")).to_contain_text("Over 100?")
    expect(other.get_by_test_id("node-done")).to_contain_text("Named by the other")
    expect(one.get_by_test_id("undo")).to_be_disabled()


def test_C90_edits_made_offline_are_kept_and_merge_on_return(two: tuple[Page, Page]) -> None:
    one, other = two
    one.context.set_offline(True)
    expect(one.get_by_test_id("save-state")).to_have_attribute("data-state", "offline", timeout=60_000)
    one.get_by_test_id("node-check").click()
    one.get_by_test_id("inspector-name").fill("Written on a train")
    other.get_by_test_id("node-done").click()
    other.get_by_test_id("inspector-name").fill("Written at a desk")
    expect(other.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    expect(other.get_by_test_id("node-check")).to_contain_text("Over 100?")
    one.context.set_offline(False)
    for page in two:
        expect(page.get_by_test_id("node-check")).to_contain_text("Written on a train", timeout=30_000)
        expect(page.get_by_test_id("node-done")).to_contain_text("Written at a desk")
    expect(one.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")


def test_C94_viewers_see_the_canvas_live_and_can_change_nothing(signed_in: Open, viewer: Page) -> None:
    editor = signed_in("/")
    workflow = new_workflow(editor, ASKING)
    for page in (editor, viewer):
        page.goto(f"/workflows/{workflow}")
        page.get_by_test_id("node-check").wait_for()
    expect(viewer.get_by_test_id("save-state")).to_contain_text("View only")
    expect(viewer.get_by_test_id("palette")).not_to_be_attached()
    expect(viewer.get_by_test_id("undo")).not_to_be_attached()
    before = viewer.get_by_test_id("node-check").bounding_box()
    drag(viewer, viewer.get_by_test_id("node-check"), by=(80, 80))
    pull_wire(viewer, "handle-pause-out", "handle-ask-in")
    viewer.keyboard.press("Delete")
    editor.get_by_test_id("node-ask").click()
    editor.get_by_test_id("inspector-name").fill("Ask everybody")
    expect(viewer.get_by_test_id("node-ask")).to_contain_text("Ask everybody")
    assert viewer.get_by_test_id("node-check").bounding_box() == before
    expect(viewer.get_by_test_id("wire-pause.out>ask.in")).not_to_be_attached()
    viewer.get_by_test_id("node-check").click()
    expect(viewer.get_by_test_id("inspector-name")).not_to_be_editable()
