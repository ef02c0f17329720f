"""The door in a real browser: the first owner's link, invitations, wrong passwords, signing out, an OpenID provider."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.conftest import keep_screen
from tests.e2e.web import Web
from tests.oidc.provider import OpenIdProvider

pytestmark = pytest.mark.e2e
PASSWORD = "correct horse battery staple"  # noqa: S105 - of people who exist in this test only


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """The web process with a real OpenID provider beside it; joining by domain is off."""
    folder = tmp_path_factory.mktemp("door")
    web = Web(folder)
    provider = OpenIdProvider(
        f"{web.url}/auth/oidc/callback", email="grace@example.org", email_verified=True, name="Grace Hopper"
    )
    try:
        provider.start(folder / "provider.log")
        web.start(**provider.settings)
        yield web
    finally:
        web.stop()
        provider.stop()


@pytest.fixture
def fresh(web: Web, browser: Browser) -> Iterator[Callable[[], Page]]:
    """Makes pages in browser contexts of their own."""
    contexts: list[BrowserContext] = []

    def make() -> Page:
        context = browser.new_context(base_url=web.url)
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


def fill_newcomer(page: Page, name: str, email: str) -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Your menu").first.click()
    page.get_by_role("menuitem", name="Sign out").click()
    page.wait_for_url(re.compile("/sign-in"))


def cookies(page: Page, *names: str) -> list[Any]:
    return [cookie for cookie in page.context.cookies() if cookie.get("name") in names]


def invitation(page: Page) -> str:
    page.goto("/members")
    page.get_by_role("button", name="Invite").click()
    page.get_by_role("button", name="Make the link").click()
    link = page.get_by_test_id("once").inner_text()
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_test_id("once")).to_have_count(0)
    return link


@pytest.fixture(scope="module")
def owner(web: Web, browser: Browser) -> Iterator[Page]:
    """The first owner, who joined by the link that the start prints."""
    context = browser.new_context(base_url=web.url)
    page = context.new_page()
    link = web.owner_link()
    page.goto(link)
    page.get_by_label("Team name").fill("Analysts")
    fill_newcomer(page, "Ada Lovelace", "ada@example.com")
    page.wait_for_url(f"{web.url}/")
    yield page
    context.close()


def test_the_first_owner_joins_once_and_names_the_team(
    web: Web, owner: Page, fresh: Callable[[], Page]
) -> None:
    owner.goto("/members")
    expect(owner.get_by_test_id("people")).to_contain_text("ada@example.com")
    expect(owner.get_by_test_id("people")).to_contain_text("owner")
    expect(owner.get_by_text("Analysts").first).to_be_visible()
    assert web.owner_link() == "None"
    [session] = cookies(owner, "session")
    assert (session.get("httpOnly"), session.get("sameSite")) == (True, "Lax")
    assert owner.evaluate("document.cookie").startswith("qk_csrf=")


@pytest.mark.parametrize("path", ["/sign-in", "/join/anything"])
def test_no_form_is_there_before_the_script_that_sends_it(web: Web, browser: Browser, path: str) -> None:
    with browser.new_context(base_url=web.url) as context:
        head, end, _ = context.request.get(path).text().partition("</head>")
    assert end
    assert '<script src="/forms.js"></script>' in head, (
        "neither async nor defer: nothing is shown before it has run"
    )


def test_a_stranger_sees_no_page_but_is_led_back_after_signing_in(
    web: Web, owner: Page, fresh: Callable[[], Page]
) -> None:
    page = fresh()
    page.goto("/members")
    page.wait_for_url(re.compile(r"/sign-in/?\?next="))
    sign_in(page, "ada@example.com", "not the password")
    expect(page.get_by_role("alert")).to_contain_text("is wrong")
    keep_screen(page, "sign-in-wrong")
    sign_in(page, "ADA@example.com ")
    page.wait_for_url(re.compile("/members"))
    expect(page.get_by_test_id("people")).to_contain_text("ada@example.com")


def test_an_invited_member_joins_once(web: Web, owner: Page, fresh: Callable[[], Page]) -> None:
    link, page = invitation(owner), fresh()
    page.goto(link)
    expect(page.get_by_text("You will join as editor.")).to_be_visible()
    fill_newcomer(page, "Alan Turing", "alan@example.com")
    page.wait_for_url(f"{web.url}/")
    late = fresh()
    late.goto(link)
    expect(late.get_by_role("alert")).to_contain_text("was used, has expired, or was withdrawn")


def test_signing_out_ends_the_session_on_the_server(web: Web, owner: Page, fresh: Callable[[], Page]) -> None:
    page = fresh()
    page.goto("/sign-in")
    sign_in(page, "ada@example.com")
    page.wait_for_url(f"{web.url}/")
    kept = cookies(page, "session")
    sign_out(page)
    assert not cookies(page, "session")
    page.context.add_cookies(kept)
    page.goto("/members")
    page.wait_for_url(re.compile("/sign-in"))


def test_removing_a_member_takes_their_page_away(web: Web, owner: Page, fresh: Callable[[], Page]) -> None:
    link, page = invitation(owner), fresh()
    page.goto(link)
    fill_newcomer(page, "Kurt", "kurt@example.com")
    page.wait_for_url(f"{web.url}/")
    page.goto("/members")
    expect(page.get_by_test_id("people")).to_contain_text("kurt@example.com")
    owner.goto("/members")
    row = owner.locator(".qk-row", has_text="kurt@example.com")
    row.get_by_role("button", name="Remove from the team").click()
    owner.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    expect(owner.get_by_test_id("people")).not_to_contain_text("kurt@example.com")
    page.reload()
    page.wait_for_url(re.compile("/sign-in"))


class TestWithAProvider:
    def to_provider(self, page: Page, path: str = "/sign-in") -> None:
        page.goto(path)
        page.get_by_test_id("provider").click()
        page.locator("input[name=login]").wait_for(timeout=120_000)

    def log_in_there(self, page: Page, name: str) -> None:
        page.locator("input[name=login]").fill(name)
        page.locator("input[name=password]").fill("anything")
        page.get_by_role("button", name="Sign-in").click()
        page.get_by_role("button", name="Continue").click()

    def test_nobody_comes_in_uninvited(self, web: Web, owner: Page, fresh: Callable[[], Page]) -> None:
        page = fresh()
        self.to_provider(page)
        self.log_in_there(page, "stranger")
        page.wait_for_url(re.compile("problem=not_invited"))
        expect(page.get_by_role("alert").first).to_contain_text("Nobody here knows you yet")

    def test_who_says_no_there_is_not_signed_in_here(
        self, web: Web, owner: Page, fresh: Callable[[], Page]
    ) -> None:
        page = fresh()
        self.to_provider(page)
        page.get_by_role("link", name="Cancel").click()
        page.wait_for_url(re.compile("problem=denied"))
        expect(page.get_by_role("alert").first).to_contain_text("access was denied")
        assert not cookies(page, "session", "oauth")

    def test_an_invited_person_joins_signs_out_and_in_again(
        self, web: Web, owner: Page, fresh: Callable[[], Page]
    ) -> None:
        page = fresh()
        self.to_provider(page, invitation(owner))
        self.log_in_there(page, "grace")
        page.wait_for_url(f"{web.url}/")
        page.goto("/members")
        expect(page.get_by_test_id("people")).to_contain_text("grace@example.org")
        sign_out(page)
        page.get_by_test_id("provider").click()  # the provider still knows this browser
        page.wait_for_url(f"{web.url}/")
        page.goto("/settings")
        expect(page.get_by_text("(this one)")).to_be_visible()
