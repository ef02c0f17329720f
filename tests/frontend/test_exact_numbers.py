"""Numbers in the browser: kept as they are written, or refused in words; never rounded in silence."""

import json

import pytest

from backend.nodes.registry import all_kinds
from backend.nodes.schemas import public
from tests.frontend.test_browser_files import COMPONENTS, in_node

EXACT = COMPONENTS / "exact.js"
LOST = ["9007199254740993", "-9007199254740993", "0.12345678901234567891", "1.00000000000000000001", "123456789012345678901234567890"]  # fmt: skip
KEPT = ["0", "-1.5", "9007199254740991", "9007199254740992", "1e21", "0.1", "100000000000000000000", "123456789.123456", "0.30000000000000004"]  # fmt: skip


@pytest.mark.parametrize("wrap", ["{}", '{{"a": [{}, "9007199254740993"]}}'])
def test_what_would_be_rounded_is_found_outside_of_texts(wrap: str) -> None:
    texts = [wrap.format(number) for number in (*LOST, *KEPT)]
    told = in_node(
        f'import {{ rounded }} from "{EXACT}"; console.log(JSON.stringify({json.dumps(texts)}.map(rounded)));'
    )
    assert told == [*LOST, *[None] * len(KEPT)]


def test_what_people_type_is_refused_with_the_number_in_the_message() -> None:
    told = in_node(
        f'import {{ parseExact }} from "{EXACT}"; let said; try {{ parseExact("[9007199254740993]"); }}'
        "catch (error) { said = error.message; } console.log(JSON.stringify(said));"
    )
    assert told.startswith("9007199254740993 has more digits")
    assert "quotes" in told


def test_what_the_server_says_is_shown_and_sent_back_digit_by_digit() -> None:
    text = '{"id":9007199254740993,"price":0.12345678901234567891,"n":5,"text":"9007199254740993"}'
    told = in_node(
        f'import {{ readExact, writtenNumber }} from "{EXACT}"; const value = readExact({json.dumps(text)});'
        "console.log(JSON.stringify({ again: JSON.stringify(value), id: writtenNumber(value.id), n: value.n, raw: Boolean(JSON.rawJSON) }));"
    )
    assert told["n"] == 5
    if told["raw"]:
        assert (told["again"], told["id"]) == (text, "9007199254740993")


def test_the_browser_knows_the_fields_of_a_node_by_the_same_rule() -> None:
    readable = COMPONENTS.parent / "editor" / "readable.js"
    config = {
        "fields": [{"name": "rows", "type": "json"}, {"name": "title", "type": "long_text"}, {"name": ""}]
    }
    kinds = {name: kind for name, kind in all_kinds().items() if kind.gives}
    given = [public(kind).model_dump(mode="json", by_alias=True) for kind in kinds.values()]
    source = readable.read_text().replace('import { kindOf } from "../components/flow.js";', "")
    told = in_node(
        f"{source}\nconst kinds = {json.dumps(given)}; const node = {{ config: {json.dumps(config)} }};"
        "console.log(JSON.stringify(Object.fromEntries(kinds.map((kind) => [kind.name, fieldsOf(kind, node)]))));"
    )
    assert told == {name: kind.gives.of(config) for name, kind in kinds.items() if kind.gives}
