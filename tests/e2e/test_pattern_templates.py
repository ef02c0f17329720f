"""Every pattern's template, from the page of templates over the editor to the end of its run, with its live view."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import keep_screen
from tests.e2e.instance import Instance
from tests.e2e.owner import owner_page

pytestmark = pytest.mark.e2e
SECONDS = 120_000


@pytest.fixture(scope="module")
def page(instance: Instance, browser: Browser, owner_state: dict[str, Any]) -> Iterator[Page]:
    with owner_page(browser, instance, owner_state) as opened:
        yield opened


def played(page: Page, template: str, sample: str, state: str) -> None:
    """Use the template, run the sample in the editor until it is in this state, and go to the run's page."""
    begins = re.compile(f"^{state}")
    page.goto("/")
    card = page.locator("article").filter(has=page.get_by_role("heading", name=template, exact=True))
    card.get_by_role("button", name="Use", exact=True).click()
    page.wait_for_url(re.compile("/workflows/wf_"), timeout=SECONDS)
    expect(page.locator(".react-flow__node").first).to_be_visible(timeout=SECONDS)
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved", timeout=SECONDS)
    page.get_by_test_id("run-button").click()
    page.get_by_test_id(f"sample-{sample}").click()
    page.get_by_test_id("run-start").click()
    expect(page.get_by_test_id("run-strip")).to_have_attribute("data-state", begins, timeout=SECONDS)
    link = page.get_by_test_id("run-link").get_attribute("href")
    assert link
    page.goto(link)
    expect(page.get_by_test_id("run-view")).to_have_attribute("data-status", begins, timeout=SECONDS)


def kept(page: Page, name: str, shown: str = "run-view") -> None:
    """The view light, dark and on a phone, where this part of it is scrolled to."""
    keep_screen(page, f"pattern-{name}")
    page.emulate_media(color_scheme="dark")
    keep_screen(page, f"pattern-{name}-dark")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_test_id(shown).evaluate("part => part.scrollIntoView()")
    keep_screen(page, f"pattern-{name}-narrow-dark")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1400, "height": 900})


def states(page: Page, **expected: str) -> None:
    for node, state in expected.items():
        expect(page.get_by_test_id(f"node-{node}")).to_have_attribute("data-state", state)


def test_quality_gates_send_back_what_is_not_good_enough(page: Page) -> None:
    played(page, "Offer through quality gates", "good", "succeeded")
    states(page, complete="succeeded", rules="succeeded", read="succeeded")
    page.get_by_role("tab", name="Timeline").click()
    kept(page, "quality-gates")


def test_a_debate_shows_who_speaks_and_what_they_say(page: Page) -> None:
    played(page, "Decide by debate", "good", "succeeded")
    speakers = page.get_by_test_id("team").first.get_by_role("listitem")
    expect(speakers.first).to_have_attribute("data-state", "done")
    page.get_by_role("tab", name="Messages").click()
    expect(page.locator(".qv-message-row").first).to_be_visible()
    kept(page, "debate")


def talk_of(page: Page, node: str) -> Locator:
    """What the panel shows of the discussion of this node."""
    page.get_by_test_id(f"node-{node}").click()
    return page.get_by_test_id("talk")


def said(page: Page, pair: str, words: str) -> Locator:
    """A message with these words, under Messages, which shows these two alone meanwhile."""
    page.get_by_role("tab", name="Messages").click()
    page.get_by_label("Between").select_option(pair)
    found = page.locator(".qv-message-row").filter(has_text=words).first
    expect(found).to_be_visible()
    return found


def everybody(page: Page) -> None:
    page.get_by_label("Between").select_option("")


def test_a_swarm_shows_its_hand_overs_with_their_reasons(page: Page) -> None:
    played(page, "Desk that hands over", "good", "succeeded")
    team = page.get_by_test_id("team").first.get_by_role("listitem")
    expect(team).to_contain_text(["Front desk", "Billing", "Technical"])
    talk = talk_of(page, "desk")
    expect(talk.get_by_role("heading", name="Hand-overs")).to_be_visible()
    expect(talk.get_by_role("listitem")).to_contain_text(
        [
            "Front desk → Billingbecause It is about money.",
            "Billing → Technicalbecause Only technical help can confirm a fault.",
            "Technical → Billingbecause A confirmed fault is paid back.",
            "Of the 240 that you have paid you get 20 back.",
        ]
    )
    said(page, "Billing ↔ Technical", "because Only technical help can confirm a fault.")
    everybody(page)
    kept(page, "swarm", "step-panel")


def test_a_round_shows_who_moves_in_which_round(page: Page) -> None:
    played(page, "Estimate in a round", "good", "succeeded")
    talk = talk_of(page, "talk")
    expect(talk.get_by_role("heading", name=re.compile("^Round"))).to_have_text(["Round 1", "Round 2"])
    expect(talk.get_by_role("listitem").last).to_contain_text("They agree: 9.5 days")
    expect(said(page, "Developer ↔ all", "I move from 7.0 to 8.9.")).to_contain_text("round 2")
    everybody(page)
    kept(page, "round-robin", "step-panel")


def test_a_round_without_agreement_asks_a_person(page: Page) -> None:
    played(page, "Estimate in a round", "needs approval", "waiting")
    states(page, person="waiting_person")
    page.get_by_role("button", name="Fit View").click()  # it looks at the person
    talk = talk_of(page, "talk")
    expect(talk.get_by_role("heading", name="Round 4")).to_be_attached()
    expect(talk.get_by_role("listitem").last).to_contain_text("They stay apart: from 19.6 to 25.0 days")
    kept(page, "round-robin-asks", "step-panel")


def test_a_board_shows_what_was_written_on_it(page: Page) -> None:
    played(page, "Plan at a blackboard", "good", "succeeded")
    talk = talk_of(page, "board")
    expect(talk.get_by_role("heading", name="Board")).to_be_visible()
    written = talk.locator("[data-sort=notes]")
    expect(written).to_contain_text(
        ["Larch lodge", "Meals cost: 1728", "Travel cost: 660", "Over by: 428", "Stone hut", "Left: 652"]
    )
    expect(talk.locator("[data-sort=judges]").nth(2)).to_contain_text("because 428 are missing.")
    expect(said(page, "Purse ↔ The board", "Over by: 428")).to_contain_text("round 3")
    everybody(page)
    kept(page, "blackboard", "step-panel")


def test_fusion_shows_what_came_and_what_was_made_of_it(page: Page) -> None:
    played(page, "Choose by several views", "good", "succeeded")
    page.get_by_role("button", name="Fit View").click()  # it is longer than the window
    page.get_by_test_id("node-vote").click()
    expect(page.get_by_test_id("step-panel")).to_contain_text("leaf")
    kept(page, "fusion")


def test_parties_react_to_events_without_wires_between_them(page: Page) -> None:
    played(page, "An order without a leader", "needs approval", "waiting")
    states(page, buy="waiting_person")
    page.get_by_role("tab", name="Events", exact=True).click()
    expect(page.get_by_label("Events", exact=True)).to_contain_text("order.placed")
    kept(page, "choreography")


def test_a_loop_shows_its_rounds_and_a_person_has_the_last_word(page: Page) -> None:
    played(page, "Content pipeline", "needs approval", "waiting")
    states(page, editor="waiting_person", reflect="succeeded")
    kept(page, "reflective")


def test_a_supervisor_shows_its_workers_and_its_reasons(page: Page) -> None:
    played(page, "Research with supervisor", "good", "succeeded")
    workers = page.get_by_test_id("team").first.get_by_role("listitem")
    expect(workers).to_contain_text(["Searcher", "Reader", "Analyst", "Fact checker"])
    page.get_by_role("tab", name="Messages").click()
    expect(page.get_by_text("because").first).to_be_visible()
    kept(page, "supervisor")
