"""The table of an agent's states row by row, the rule of its proficiency, and what its id looks like."""

import re
from datetime import UTC, datetime
from itertools import product
from typing import get_args

import pytest

from backend.agents import lifecycle, proficiency, public_ids, ready_made, validation
from backend.agents.lifecycle import NEXT, STATES, NoSuchWay
from backend.agents.proficiency import Evidence
from backend.nodes.agent_profile import AgentProfile, StrategyName

WAYS = {
    "created": "initializing terminated",
    "initializing": "validating failed terminated",
    "validating": "ready failed terminated",
    "ready": "executing initializing terminated",
    "executing": "completed failed initializing terminated",
    "completed": "executing initializing terminated",
    "failed": "initializing terminated",
    "terminated": "",
}


@pytest.mark.parametrize(("now", "wanted"), list(product(STATES, STATES)))
def test_a_state_leads_only_where_the_table_says(now: lifecycle.State, wanted: lifecycle.State) -> None:
    if wanted in WAYS[now].split():
        lifecycle.require("Ada", now, wanted)
        return
    with pytest.raises(NoSuchWay, match=f"“Ada” is {now} and cannot become {wanted}"):
        lifecycle.require("Ada", now, wanted)


def test_every_state_is_reached_and_only_the_last_leads_nowhere() -> None:
    assert set(NEXT) == set(STATES)
    assert set().union(*NEXT.values()) == set(STATES) - {"created"}
    assert [state for state in STATES if not NEXT[state]] == ["terminated"]


def test_proficiency_begins_with_what_was_said_and_follows_the_outcomes() -> None:
    known = Evidence()
    assert known.proficiency(0.9) == 0.9
    assert known.after(0).proficiency(0.9) == pytest.approx(0.72)
    for _ in range(300):
        known = known.after(1)
    assert known.proficiency(0.1) > 0.9
    for _ in range(60):
        known = known.after(0)
    assert known.proficiency(0.1) < 0.4  # the newest outcomes weigh most
    assert known.weight < 50


@pytest.mark.parametrize(
    ("output", "score"),
    [
        ({"score": 0.5}, 0.5),
        ({"score": 1}, 1.0),
        ({"score": 7}, None),
        ({"score": True}, None),
        ({"score": "0.5"}, None),
        ({"text": "x"}, None),
        ({"text": "x", "data": {"score": 0.25}}, 0.25),
        ({"data": [0.25]}, None),
        ("0.5", None),
        (None, None),
    ],
)
def test_a_score_is_a_number_from_0_to_1(output: object, score: float | None) -> None:
    assert proficiency.score_of(output) == score  # pyright: ignore[reportArgumentType]


def test_an_outcome_is_worth_its_score_and_a_failure_nothing() -> None:
    assert proficiency.worth(succeeded=True, score=None) == 1
    assert proficiency.worth(succeeded=True, score=0.3) == 0.3
    assert proficiency.worth(succeeded=False, score=0.9) == 0


def test_an_id_tells_when_and_the_how_many_th() -> None:
    at = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert re.fullmatch(r"AGENT-20260304-050607-0042-[0-9A-Z]{4}", public_ids.new(at, 42))
    assert public_ids.new(at, 10_001)[22:26] == "0001"
    assert len({public_ids.new(at, 1) for _ in range(50)}) > 40


def test_the_ready_made_roles_are_nine_and_can_work() -> None:
    roles = ready_made.all_()
    names = [
        "research",
        "analysis",
        "supervisor",
        "summary",
        "critic",
        "planner",
        "extractor",
        "router",
        "writer",
    ]
    assert [role.name for role in roles] == names
    for role in roles:
        assert role.profile.role == role.name
        assert len(role.profile.instructions) > 300
        assert role.capabilities
        assert validation.problems(role.profile) == []
    assert {role.profile.strategy for role in roles} <= set(get_args(StrategyName))


@pytest.mark.parametrize(
    ("profile", "place"),
    [
        ({"model": "openia:gpt-5"}, "profile.model"),
        ({"model": "openai:"}, "profile.model"),
        ({"tools": ["calculator", "magic"]}, "profile.tools[1]"),
        ({"fallbacks": ["scripted/extractive", "nobody"]}, "profile.fallbacks[1]"),
        ({"model": "scripted/script"}, "profile.script"),
        ({"model": "scripted/script", "script": "turns: [{sya: hello}]"}, "profile.script"),
        ({"output_schema": {"type": "nothing"}}, "profile.output_schema"),
    ],
)
def test_what_keeps_a_profile_from_working_has_a_place_and_a_fix(profile: dict, place: str) -> None:
    (found,) = validation.problems(AgentProfile.model_validate(profile))
    assert (found.place, bool(found.fix)) == (place, True)
