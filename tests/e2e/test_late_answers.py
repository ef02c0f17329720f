"""An answer that comes late takes nothing away from somebody who types on meanwhile."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.editing import held, until

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]


def test_words_typed_on_while_a_search_is_under_way_stay_and_the_field_keeps_the_keyboard(
    signed_in: Open,
) -> None:
    page = signed_in("/")
    waiting = held(page, "runs.search")
    page.goto("/runs")
    find = page.get_by_label("Find runs")
    find.fill("no such")
    find.press("Enter")
    until(page, lambda: bool(waiting))
    page.keyboard.type(" thing")
    waiting.pop()()
    expect(page).to_have_url(re.compile(r"text=no(\+|%20)such$"))
    expect(page.get_by_text("No run matches")).to_be_visible()
    expect(find).to_be_focused()
    expect(find).to_have_value("no such thing")
    page.keyboard.press("Enter")
    until(page, lambda: bool(waiting))
    waiting.pop()()
    expect(page).to_have_url(re.compile(r"text=no(\+|%20)such(\+|%20)thing$"))
    page.go_back()
    expect(find).to_have_value("no such")
