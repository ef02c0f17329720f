"""Expressions tried while somebody types: values, and where a text is wrong."""

from typing import Any

import pytest
from fastapi import FastAPI

from backend.core.db import Database
from backend.nodes import endpoints, preview
from backend.nodes.preview import Previewed
from tests.backend.identity import people

SCOPE = {"input": {"amount": 3}, "nodes": {"ask": {"text": "Hello", "tags": ["a", "b"]}}}


async def tried(text: str, sort: str = "expression", **more: Any) -> preview.Preview:
    wanted = Previewed.model_validate({"texts": [{"text": text, "sort": sort}], "scope": SCOPE, **more})
    return (await preview.of(wanted)).items[0]


async def test_values_keep_their_type_and_templates_become_text() -> None:
    assert (await tried("input.amount * 2")).value == 6
    assert (await tried("{{ nodes.ask.tags }}", "value")).value == ["a", "b"]
    assert (await tried("{{ nodes.ask.text | upper }}!", "template")).value == "HELLO!"
    assert (await tried("  ")).value is None


@pytest.mark.parametrize(
    ("text", "sort", "wrong"),
    [
        ("input.amount + amuont", "expression", "amuont"),
        ("Dear {{ nam }}, hello", "template", "nam"),
        ("{{ input.amount | shout }}", "template", "shout"),
        ("item.name", "expression", "item"),
        ("1 +", "expression", "1 +"),
        ("Hello {{ input.amount", "template", "{{ input.amount"),
    ],
)
async def test_a_flaw_tells_its_place(text: str, sort: str, wrong: str) -> None:
    flaw = (await tried(text, sort)).flaws[0]
    assert text[flaw.start : flaw.end] == wrong
    assert flaw.message


async def test_names_of_bodies_are_known_where_they_are_allowed() -> None:
    assert not (await tried("item", names=["input", "nodes", "run", "item"])).flaws


async def test_what_fails_or_takes_too_long_says_so() -> None:
    assert "text" in (await tried("nodes.ask.text - 1")).flaws[0].message
    assert "longer than 0.5 seconds" in (await tried("sum(range(10 ** 9))")).flaws[0].message
    assert (await tried("'x' * 30000")).cut


async def test_an_editor_tries_expressions_over_http(sqlite_database: Database) -> None:
    app = FastAPI()
    app.include_router(endpoints.router)
    person = await people.person(await people.team(), "editor")
    async with people.browser(app, await people.session_token(person)) as client:
        answer = await client.post("/api/v1/expressions/preview", json={"texts": [{"text": "1 + 1"}]})
    assert answer.json() == {"items": [{"value": 2, "cut": False, "flaws": []}]}
