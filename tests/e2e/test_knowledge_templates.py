"""Templates that look something up: three ways to an answer, a lead from three sides, and documents into a collection."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import keep_screen
from tests.e2e.instance import Instance
from tests.e2e.owner import owner_page
from tests.e2e.test_pattern_templates import played, states

pytestmark = pytest.mark.e2e


@pytest.fixture
def page(instance: Instance, browser: Browser, owner_state: dict[str, Any]) -> Iterator[Page]:
    with owner_page(browser, instance, owner_state) as opened:
        yield opened


def kept(page: Page, name: str) -> None:
    """The run's view light and dark, and the drawing in the editor."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        keep_screen(page, f"template-{name}-{scheme}")


def test_an_answer_is_looked_for_in_three_ways(page: Page) -> None:
    played(page, "Answer with sources", "good", "succeeded")
    states(page, guard="succeeded", rounds="succeeded", output="succeeded", gap="skipped")
    kept(page, "answer")


def test_a_hot_lead_waits_for_an_owner(page: Page) -> None:
    played(page, "Lead qualification", "needs approval", "waiting")
    states(
        page,
        sample="succeeded",
        register="skipped",
        fuse="succeeded",
        letter="succeeded",
        check="waiting_person",
    )
    kept(page, "lead")


def test_documents_are_indexed(page: Page) -> None:
    played(page, "Keep knowledge fresh", "good", "succeeded")
    states(page, days="succeeded", output="succeeded", ask="skipped")
    kept(page, "fresh")
