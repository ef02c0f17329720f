"""A run leaves as a file and comes in again as one to look at; how long runs are kept is set where keys and secrets are."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import keep_screen
from tests.e2e.test_run_view import FAILING, SECONDS, start

pytestmark = pytest.mark.e2e
Open = Callable[..., Page]


def test_a_run_is_exported_and_imported(signed_in: Open, tmp_path: Path) -> None:
    page = signed_in("/")
    run_id = start(page, FAILING, {})
    page.goto(f"/runs/{run_id}")
    expect(page.get_by_test_id("run-view")).to_have_attribute("data-status", "failed", timeout=SECONDS)
    keep_screen(page, "run-file")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Export").click()
    file = tmp_path / "run.json"
    coming.value.save_as(file)
    page.goto("/runs")
    expect(page.get_by_text("Import", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Divide by nothing").first).to_be_visible()
    keep_screen(page, "runs-import")
    page.get_by_label("File of a run").set_input_files(file)
    page.wait_for_url(re.compile(r"/runs/run_"))
    assert run_id not in page.url
    expect(page.get_by_text("Imported")).to_be_visible(timeout=SECONDS)
    expect(page.get_by_test_id("run-view")).to_have_attribute("data-status", "failed", timeout=SECONDS)
    page.goto("/runs")
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    page.get_by_label("File of a run").set_input_files(broken)
    expect(page.get_by_role("alert")).to_contain_text("was not imported")


@pytest.mark.parametrize("width", [1400, 390])
def test_retention_is_set_in_the_settings(signed_in: Open, width: int) -> None:
    page = signed_in("/settings", width=width, dark=width == 390)
    section = page.get_by_role("region", name="Storage")
    section.get_by_role("button", name="Change").click()
    page.get_by_label("Keep for days").fill(str(width))
    page.get_by_label("Keep of each workflow").fill("1000")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(section).to_contain_text(f"kept for {width} days, the last 1000 of each workflow")
    section.scroll_into_view_if_needed()
    keep_screen(page, f"settings-storage-{width}")
