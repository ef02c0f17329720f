"""A page of the owner in a browser context that a whole file of tests shares."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

from tests.e2e.instance import Instance


@contextmanager
def owner_page(
    browser: Browser,
    instance: Instance,
    state: dict[str, Any],
    *,
    width: int = 1400,
    height: int = 900,
    dark: bool = False,
) -> Iterator[Page]:
    """A page on the instance with the owner's cookies; downloads work."""
    context = browser.new_context(
        base_url=instance.url,
        storage_state=state,  # pyright: ignore[reportArgumentType] - what storage_state() gave
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
    )
    try:
        yield context.new_page()
    finally:
        context.close()
