"""Markup in every name, text, value and error, shown on every page by a real browser: it stays text (SEC-25, D14)."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e import hostile
from tests.e2e.conftest import keep_screen
from tests.e2e.editing import csrf, new_workflow, post
from tests.e2e.instance import Instance

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]
SECONDS = 120_000
PAGES = ("/", "/workflows", "/runs", "/approvals", "/approvals?show=all", "/members", "/settings", "/sign-in")
ODD = f"/sign-in?next=javascript:{hostile.RAN}&problem={hostile.NAME}", f"/nowhere/{hostile.NAME}"


def change(page: Page, method: str, path: str, body: object = None) -> None:
    """An unsafe request of the page's own person."""
    own = "/".join(page.url.split("/")[:3])
    headers = {"X-CSRF": csrf(page.context), "Origin": own}
    answer = page.request.fetch(f"{own}/api/v1{path}", method=method, data=body, headers=headers)
    assert answer.ok, answer.text()


@pytest.fixture
def owner(signed_in: Open) -> Iterator[Page]:
    """The owner's page, in a team whose name means harm."""
    page = signed_in("/")
    before = page.request.get("/api/v1/me").json()["team_name"]
    change(page, "PATCH", "/team", {"name": hostile.NAME})
    yield page
    change(page, "PATCH", "/team", {"name": before})


@pytest.fixture
def guest(owner: Page, instance: Instance, browser: Browser) -> Iterator[Page]:
    """A viewer whose own name means harm, who joined by a link."""
    link = post(owner, "/invitations", {"roles": ["viewer"]})["url"]
    context: BrowserContext = browser.new_context(base_url=instance.url)
    page = context.new_page()
    guarded = hostile.Guarded(context, instance.url)
    page.goto(link)
    expect(page.get_by_role("heading", name=re.compile("Marked"))).to_be_visible()
    guarded.require_clean(page)
    page.get_by_label("Your name").fill(hostile.NAME)
    page.get_by_label("E-mail").fill("guest@example.com")
    page.get_by_label("Password", exact=True).fill("correct horse battery staple")
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url(f"{instance.url}/")
    yield page
    context.close()
    members = owner.request.get("/api/v1/members").json()
    for member in (m for m in members if m["email"] == "guest@example.com"):
        change(owner, "DELETE", f"/members/{member['id']}")


@pytest.fixture
def workflow(owner: Page) -> Iterator[str]:
    """A workflow of hostile words; it is put away afterwards."""
    made = new_workflow(owner, hostile.DIAGRAM)
    yield made
    change(owner, "DELETE", f"/workflows/{made}")


def walk(page: Page, guarded: hostile.Guarded, paths: tuple[str, ...]) -> None:
    """Open each page, wait until it shows what it has, and look."""
    for path in paths:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        guarded.require_clean(page)


def test_every_page_shows_hostile_words_as_words(owner: Page, guest: Page, workflow: str) -> None:
    guarded = hostile.Guarded(owner.context, owner.url.rstrip("/"))
    post(owner, "/keys", {"name": hostile.NAME, "roles": ["viewer"]})
    post(owner, f"/workflows/{workflow}/publish", {"message": hostile.TEXT[:900]})
    values = {"text": hostile.TEXT, "pick": hostile.MAIL}
    run_id = post(owner, f"/workflows/{workflow}/runs", {"input": values})["id"]

    # The editor, with the guest beside: canvas, note, inspector, run form, presence.
    guest.goto(f"/workflows/{workflow}")
    owner.goto(f"/workflows/{workflow}")
    expect(owner.get_by_test_id("node-words")).to_contain_text("Told in full")
    expect(owner.get_by_test_id("presence")).to_have_attribute("aria-label", re.compile("Marked"))
    for node in ("start", "ask", "words"):
        owner.get_by_test_id(f"node-{node}").click(position={"x": 40, "y": 12})
        expect(owner.get_by_test_id("inspector")).to_be_visible()
        guarded.require_clean(owner)
    owner.get_by_test_id("run-button").click()
    expect(owner.get_by_role("dialog")).to_contain_text("Marked")
    guarded.require_clean(owner)

    # The run that waits: panel, timeline, the raw rows of its history.
    owner.goto(f"/runs/{run_id}")
    view = owner.get_by_test_id("run-view")
    expect(view).to_have_attribute("data-status", "waiting_person", timeout=SECONDS)
    expect(owner.get_by_test_id("run-panel")).to_contain_text("Marked")
    owner.get_by_role("tab", name="Events").click()
    owner.locator(".qv-event", has_text="event.emitted").click()
    expect(owner.locator(".qv-raw")).to_contain_text("Told in full")
    guarded.require_clean(owner)

    # The question: its message is Markdown of which only words and harmless links are left.
    owner.goto("/approvals")
    owner.get_by_role("link", name=re.compile("Marked")).first.click()
    message = owner.locator(".qk-message")
    expect(message.get_by_role("heading", name="Told in full").first).to_be_visible()
    expect(message.get_by_role("link", name="a picture").first).to_have_attribute(
        "href", f"{hostile.ELSEWHERE}/markdown.png"
    )
    expect(message.locator("img")).to_have_count(0)
    keep_screen(owner, "hostile-approval")
    guarded.require_clean(owner)
    here = owner.url
    expect(message.get_by_role("link", name=re.compile("^(dead|data|vb|javascript|x$)"))).to_have_count(0)
    expect(message.get_by_text("dead link").first).to_be_visible()
    for link in message.get_by_text(re.compile("^(dead|data|vb)")).all():
        link.click()
    guarded.require_clean(owner)
    assert (owner.url, len(owner.context.pages)) == (here, 1)
    owner.get_by_role("button", name=re.compile("^Approve")).click()
    expect(owner.get_by_text("The run goes on.")).to_be_visible()
    guarded.require_clean(owner)

    # The run that failed with hostile words; and whoever may not read values sees none of them.
    owner.goto(f"/runs/{run_id}")
    expect(view).to_have_attribute("data-status", "failed", timeout=SECONDS)
    expect(owner.get_by_test_id("run-panel").get_by_role("alert")).to_contain_text("Marked")
    guarded.require_clean(owner)
    guest.goto(f"/runs/{run_id}")
    expect(guest.get_by_test_id("values-hidden")).to_be_visible()
    expect(guest.get_by_test_id("run-panel")).not_to_contain_text("Told in full")
    keep_screen(guest, "run-values-hidden")
    guest.goto(here)
    expect(guest.get_by_text("hidden for your role")).to_be_visible()
    keep_screen(guest, "approval-hidden")

    walk(owner, guarded, (*PAGES, *ODD))
    for path in (*PAGES, f"/workflows/{workflow}", f"/runs/{run_id}", here, "/nowhere"):
        policy = owner.request.get(path).headers["content-security-policy"]
        assert "img-src 'self' data: blob:" in policy, path
        assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0], path


def test_the_policy_refuses_what_would_get_through(owner: Page) -> None:
    """The second wall, and the proof that the looks above see something."""
    guarded = hostile.Guarded(owner.context, owner.url.rstrip("/"))
    owner.reload()
    owner.wait_for_load_state("networkidle")
    guarded.require_clean(owner)
    markup = re.sub("<(base|meta)[^>]*>", "", hostile.TEXT)  # no policy keeps a page from being left
    owner.evaluate("words => document.body.insertAdjacentHTML('beforeend', words)", markup)
    expect(owner.get_by_text("html link")).to_be_attached()
    owner.wait_for_function("window.__refused.length > 3")
    assert any(hostile.ELSEWHERE in one for one in hostile.refused(owner))
    assert owner.evaluate("window.__ran") is None
    with pytest.raises(AssertionError, match="onerror"):
        guarded.require_clean(owner)
