"""A real browser against a real instance; the instance is shared, each test has a browser context of its own."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.e2e.instance import Instance

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
OWNER = {"name": "Ada Lovelace", "email": "ada@example.com", "password": "correct horse battery staple"}
SCREENS = Path(__file__).resolve().parents[2] / "build" / "screens"


@pytest.fixture(scope="package")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """One instance for this folder's tests, with nobody in it yet."""
    running = Instance(tmp_path_factory.mktemp("instance") / "data")
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, headless.

    Ends with this folder: Playwright's loop runs in the main thread, and no other loop can begin beside it.
    """
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="package")
def owner_state(instance: Instance, browser: Browser) -> dict[str, object]:
    """The owner's cookies, got by following the one-time link as a person would."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(instance.owner_link)
    page.get_by_label("Your name").fill(OWNER["name"])
    page.get_by_label("E-mail").fill(OWNER["email"])
    page.get_by_label("Password", exact=True).fill(OWNER["password"])
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url(instance.url + "/")
    state = dict(context.storage_state())
    context.close()
    return state


@pytest.fixture
def signed_in(
    instance: Instance, browser: Browser, owner_state: dict[str, object]
) -> Iterator[Callable[..., Page]]:
    """Makes pages of the owner, each in a browser context of its own: `signed_in()` or `signed_in(width=390)`."""
    contexts: list[BrowserContext] = []

    def open_page(path: str = "/", *, width: int = 1400, height: int = 900, dark: bool = False) -> Page:
        context = browser.new_context(
            base_url=instance.url,
            storage_state=owner_state,  # pyright: ignore[reportArgumentType] - what storage_state() gave
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()


def keep_screen(page: Page, name: str) -> None:
    """Keep a screenshot of what the test sees, for people to look at."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}.png")
