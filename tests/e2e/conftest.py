"""A real browser against a real instance; the instance is shared, each test has a browser context of its own."""

import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from tests.backend.nodes.test_plugin import PACKAGE, wheel
from tests.e2e.instance import Instance
from tests.e2e.owner import owner_page

# Without the windows that nobody sees it needs half the processor time.
CHROMIUM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
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
PATIENCE_MS = (
    90_000  # machines that play the tests are slow and noisy; what does not come at all costs this once
)
SCREENS = Path(__file__).resolve().parents[2] / "build" / "screens"


@pytest.fixture(scope="package")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """One instance for this folder's tests: nobody in it yet, somebody else's kinds, a model server that is down."""
    kinds = tmp_path_factory.mktemp("kinds")
    with zipfile.ZipFile(wheel(PACKAGE, kinds)) as archive:
        archive.extractall(kinds)
    running = Instance(
        tmp_path_factory.mktemp("instance") / "data",
        PYTHONPATH=str(kinds),
        QUADRILLE_OPENAI_BASE_URL="http://127.0.0.1:9/v1",
        QUADRILLE_OUTBOUND_ALLOW="localhost",  # by that name alone: 127.0.0.1 stays refused
        QUADRILLE_MODEL_PRICES="scripted/extractive=100/200",
    )
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's headless Chromium.

    Ends with this folder: Playwright's loop runs in the main thread, and no other loop can begin beside it.
    """
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        started.on("context", lambda context: context.set_default_timeout(PATIENCE_MS))
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
    try:
        page.wait_for_url(instance.url + "/")
    except PlaywrightTimeout:
        said = instance.output.read_text(errors="replace")[-2_000:]
        pytest.fail(
            f"No way in. The page at {page.url} says:\n{page.inner_text('body')}\nThe instance says:\n{said}"
        )
    state = dict(context.storage_state())
    context.close()
    return state


@pytest.fixture
def signed_in(
    instance: Instance, browser: Browser, owner_state: dict[str, Any]
) -> Iterator[Callable[..., Page]]:
    """Makes pages of the owner, each in a browser context of its own: `signed_in()` or `signed_in(width=390)`."""
    with ExitStack() as opened:

        def open_page(path: str = "/", **how: Any) -> Page:
            page = opened.enter_context(owner_page(browser, instance, owner_state, **how))
            page.goto(path)
            return page

        yield open_page


def keep_screen(page: Page, name: str) -> None:
    """Keep a screenshot of what the test sees, for people to look at."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENS / f"{name}.png")
