"""Several people on one draft: edits and cursors live, work without a connection, and people who may only look."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import keep_screen
from tests.e2e.editing import ASKING, centre, drag, new_workflow, post, pull_wire
from tests.e2e.instance import Instance

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]
# What of the canvas is in the middle, and how large.
VIEW = """() => { const frame = document.querySelector('[data-testid=canvas]');
  const at = new DOMMatrix(getComputedStyle(document.querySelector('.react-flow__viewport')).transform);
  return [(frame.clientWidth / 2 - at.e) / at.a, (frame.clientHeight / 2 - at.f) / at.a, at.a] }"""
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
    expect(one.get_by_test_id("save-state")).to_have_attribute("data-state", "offline", timeout=120_000)
    one.get_by_test_id("node-check").click()
    one.get_by_test_id("inspector-name").fill("Written on a train")
    other.get_by_test_id("node-done").click()
    other.get_by_test_id("inspector-name").fill("Written at a desk")
    expect(other.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    expect(other.get_by_test_id("node-check")).to_contain_text("Over 100?")
    one.context.set_offline(False)
    for page in two:
        expect(page.get_by_test_id("node-check")).to_contain_text("Written on a train", timeout=120_000)
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


def test_C93_who_clicks_a_face_follows_that_person(two: tuple[Page, Page]) -> None:
    one, other = two
    one.get_by_role("button", name="Follow Ada Lovelace").click()
    expect(one.get_by_test_id("following")).to_contain_text("Following Ada Lovelace")
    other.keyboard.press("Shift+0")
    other.get_by_test_id("node-done").click()
    other.keyboard.press("Escape")
    x, y = centre(other.get_by_test_id("canvas"))
    other.mouse.move(x, y + 200)
    before = other.evaluate(VIEW)
    other.mouse.wheel(0, 240)
    other.wait_for_function(f"before => ({VIEW})()[1] > before + 100", arg=before[1])
    deadline = time.monotonic() + 90
    while (views := [page.evaluate(VIEW) for page in two])[0] != pytest.approx(views[1], abs=3):
        assert time.monotonic() < deadline, f"they see different parts: {views}"
    keep_screen(one, "editor-following")
    one.keyboard.press("Escape")
    expect(one.get_by_test_id("following")).to_have_count(0)


def test_C93_who_loses_a_field_to_another_sees_it_and_takes_it_back(two: tuple[Page, Page]) -> None:
    one, other = two
    one.context.set_offline(True)
    expect(one.get_by_test_id("save-state")).to_have_attribute("data-state", "offline", timeout=120_000)
    for page, words in ((one, "Written by one"), (other, "Written by the other")):
        page.get_by_test_id("node-check").click()
        page.get_by_test_id("inspector-name").fill(words)
        page.keyboard.press("Escape")
    expect(other.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    one.context.set_offline(False)
    expect(one.get_by_test_id("save-state")).to_have_attribute("data-state", "saved", timeout=120_000)
    deadline = time.monotonic() + 90
    while not (shown := [page for page in two if page.get_by_test_id("overwritten").count()]):
        assert time.monotonic() < deadline, "nobody is told"
    assert len(shown) == 1, "exactly one of them lost"
    loser = shown[0]
    own = "Written by one" if loser is one else "Written by the other"
    expect(loser.get_by_test_id("overwritten")).to_contain_text(own)
    keep_screen(loser, "editor-overwritten")
    loser.get_by_test_id("restore-mine").click()
    for page in two:
        expect(page.get_by_test_id("node-check")).to_contain_text(own)
        expect(page.get_by_test_id("overwritten")).to_have_count(0)


def test_C95_comments_name_people_are_resolved_hidden_and_outlive_a_restored_version(
    two: tuple[Page, Page],
) -> None:
    one, other = two
    post(one, f"/workflows/{one.url.rsplit('/', 1)[-1]}/publish", {})
    one.get_by_test_id("node-check").click()
    one.keyboard.press("Alt+c")
    one.get_by_label("Comment", exact=True).fill("Is this enough, @")
    one.keyboard.type("ada")
    expect(one.get_by_role("option", name="Ada Lovelace")).to_be_visible()
    one.keyboard.press("Enter")
    expect(one.get_by_label("Comment", exact=True)).to_have_value("Is this enough, @Ada Lovelace ")
    one.keyboard.press("Control+Enter")
    button = other.get_by_test_id("comments-button")
    expect(button).to_have_attribute("data-named", "true")
    button.click()
    row = other.get_by_test_id("comment-row")
    expect(row.locator(".qe-named[data-me]")).to_have_text("@Ada Lovelace")
    expect(row).to_contain_text("Over 100?")
    pin = other.get_by_test_id("comment")
    expect(pin).to_be_visible()
    keep_screen(other, "editor-comments")
    other.keyboard.press("Shift+C")
    expect(pin).to_have_count(0)
    other.keyboard.press("Shift+C")
    expect(pin).to_be_visible()
    other.get_by_test_id("node-pause").click()
    other.keyboard.press("Delete")
    expect(one.get_by_test_id("node-pause")).to_have_count(0)
    expect(other.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    post(other, f"/workflows/{other.url.rsplit('/', 1)[-1]}/versions/1/restore", {})
    expect(one.get_by_test_id("node-pause")).to_be_visible()
    expect(one.get_by_test_id("comment")).to_be_visible()
    other.get_by_test_id("comments-button").click()
    row.get_by_role("button", name="Resolve").click()
    expect(one.get_by_test_id("comment")).to_have_attribute("data-resolved", "true")
    expect(other.get_by_test_id("comments-button")).to_have_count(0)


def test_C95_whoever_is_named_is_told_at_the_bell_comes_by_it_and_answers(
    signed_in: Open, viewer: Page
) -> None:
    """Vera was named by the owner; what she sees is her own."""
    owner = signed_in("/")
    workflow = new_workflow(owner, ASKING)
    owner.goto(f"/workflows/{workflow}")
    owner.get_by_test_id("node-check").click()
    owner.keyboard.press("Alt+c")
    owner.get_by_label("Comment", exact=True).fill("Is this enough, @Vera Viewer?")
    owner.keyboard.press("Control+Enter")
    bell = viewer.get_by_role("link", name="Notifications, 1 unread")
    expect(bell).to_be_visible(timeout=120_000)
    bell.click()
    row = viewer.get_by_role("link", name="Ada Lovelace mentioned you in Ask a person")
    expect(viewer.locator(".qk-notice")).to_have_attribute("data-unread", "true")
    expect(viewer.locator(".qk-notice")).to_contain_text("Is this enough, @Vera Viewer?")
    keep_screen(viewer, "notifications")
    row.click()
    viewer.wait_for_url(f"**/workflows/{workflow}?comment=*")
    said = viewer.get_by_test_id("said")
    expect(said).to_contain_text("Is this enough")
    expect(viewer.get_by_test_id("reply")).to_have_count(0)  # a viewer changes nothing
    expect(viewer.get_by_role("link", name="Notifications", exact=True)).to_be_visible(timeout=120_000)
    owner.get_by_test_id("comment").click()
    owner.get_by_test_id("reply").click()
    owner.get_by_label("Reply", exact=True).fill("I think so")
    owner.keyboard.press("Control+Enter")
    expect(said).to_have_count(2)
    expect(said.nth(1)).to_contain_text("I think so")
    expect(owner.get_by_test_id("comments-button")).to_have_text("1")
    expect(owner.get_by_test_id("said")).to_have_count(2)
    expect(
        owner.get_by_test_id("reply")
    ).to_be_visible()  # the field has closed, and what stands below it moved up
    owner.get_by_role("button", name="Delete", exact=True).press("Enter")
    expect(owner.get_by_test_id("comment")).to_have_count(0)
    expect(viewer.get_by_test_id("comment")).to_have_count(0)
    expect(said).to_have_count(0)


def test_C96_who_returns_catches_up_and_is_told_what_happens(two: tuple[Page, Page]) -> None:
    one, other = two
    wire = one.get_by_test_id("wire-check.yes>ask.in").locator("path.react-flow__edge-path")
    looks = "it => { const s = getComputedStyle(it); return [s.stroke, s.strokeOpacity, s.opacity].join() }"
    before = wire.evaluate(looks)
    one.context.set_offline(True)
    expect(one.get_by_test_id("connection")).to_have_attribute("data-phase", "gone", timeout=120_000)
    expect(one.get_by_test_id("connection")).to_contain_text("kept in this browser")
    assert wire.evaluate(looks) == before, "no wire is greyed out"
    keep_screen(one, "editor-offline")
    other.get_by_test_id("node-pause").click()
    other.keyboard.press("Delete")
    other.keyboard.press("Escape")
    expect(other.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    expect(one.get_by_test_id("node-pause")).to_be_visible()
    one.context.set_offline(False)
    expect(one.get_by_test_id("node-pause")).to_have_count(0, timeout=120_000)
    expect(one.get_by_test_id("connection")).to_have_count(0, timeout=120_000)


def test_C96_who_was_away_for_minutes_catches_up_and_keeps_what_was_done_meanwhile(
    two: tuple[Page, Page],
) -> None:
    """The clock of the browser goes on by itself: the socket gives up, tries again and again, and comes back."""
    one, other = two
    one.clock.install()
    one.reload()
    expect(one.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    one.get_by_test_id("node-done").click()  # the panel is at hand from now on
    expect(one.get_by_test_id("inspector-name")).to_be_visible()
    one.context.set_offline(True)
    expect(one.get_by_test_id("connection")).to_have_attribute("data-phase", "gone", timeout=120_000)
    other.get_by_test_id("node-pause").click()
    other.keyboard.press("Delete")
    other.get_by_test_id("node-check").click()
    other.get_by_test_id("inspector-name").fill("Named meanwhile")
    expect(other.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    one.clock.run_for(180_000)
    expect(one.get_by_test_id("connection")).to_have_attribute("data-phase", "gone")
    one.get_by_test_id("inspector-name").fill("Named alone")
    one.clock.run_for(60_000)
    expect(one.get_by_test_id("node-pause")).to_be_visible()
    one.context.set_offline(False)
    for page in two:
        expect(page.get_by_test_id("node-pause")).to_have_count(0, timeout=120_000)
        expect(page.get_by_test_id("node-check")).to_contain_text("Named meanwhile")
        expect(page.get_by_test_id("node-done")).to_contain_text("Named alone", timeout=120_000)
    expect(one.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    one.clock.run_for(10_000)
    expect(one.get_by_test_id("connection")).to_have_count(0)


def test_C97_two_tabs_of_one_browser_do_not_fight_and_C90_a_closed_one_loses_nothing(signed_in: Open) -> None:
    one = signed_in("/")
    workflow = new_workflow(one, ASKING)
    other = one.context.new_page()
    for page in (one, other):
        page.goto(f"/workflows/{workflow}")
        page.get_by_test_id("node-check").wait_for()
        expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
    one.get_by_test_id("node-check").click()
    one.get_by_test_id("inspector-name").fill("Named in one tab")
    other.get_by_test_id("node-done").click()
    other.get_by_test_id("inspector-name").fill("Named in the other")
    for page in (one, other):
        expect(page.get_by_test_id("node-check")).to_contain_text("Named in one tab")
        expect(page.get_by_test_id("node-done")).to_contain_text("Named in the other")
        expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
        expect(page.get_by_test_id("overwritten")).to_have_count(0)
    other.get_by_test_id("undo").click()
    expect(one.get_by_test_id("node-done")).to_contain_text("Answer")
    expect(one.get_by_test_id("node-check")).to_contain_text("Named in one tab")
    one.context.set_offline(True)
    expect(one.get_by_test_id("save-state")).to_have_attribute("data-state", "offline", timeout=120_000)
    one.get_by_test_id("inspector-name").fill("Written before the tab was closed")
    one.wait_for_function(KEPT, arg=[workflow, "Written before the tab was closed"])
    one.close()
    other.close()
    third = one.context.new_page()
    third.context.set_offline(False)
    third.goto(f"/workflows/{workflow}")
    expect(third.get_by_test_id("node-check")).to_contain_text("Written before the tab was closed")
    expect(third.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")


# Whether some update in this browser's copy of the draft holds the words.
KEPT = """([id, words]) => new Promise((resolve) => indexedDB.databases().then((all) => {
  const opened = indexedDB.open(all.find((one) => one.name.endsWith(id)).name);
  opened.onsuccess = () => {
    const asked = opened.result.transaction('updates').objectStore('updates').getAll();
    asked.onsuccess = () => { opened.result.close(); resolve(asked.result.some((part) => new TextDecoder().decode(part).includes(words))); };
  };
}))"""
