"""The browser's words of expressions are the server's, every one with a signature and a line of help."""

import re
from pathlib import Path

from backend.nodes import expression_words

SOURCE = Path("frontend/editor/expression_words.js").read_text(encoding="utf-8")


def words(name: str) -> dict[str, tuple[str, str]]:
    table = SOURCE.partition(f"export const {name} = {{")[2].partition("\n};")[0]
    found = re.findall(r'(\w+): \["([^"]*)", "([^"]*)"\]', table)
    return {word: (signature, help) for word, signature, help in found}


def test_every_function_method_and_filter_is_completed_and_explained() -> None:
    for name, known in (
        ("FUNCTIONS", expression_words.FUNCTIONS),
        ("METHODS", expression_words.METHODS),
        ("FILTERS", expression_words.FILTERS.keys()),
    ):
        found = words(name)
        assert found.keys() == set(known), name
        for word, (signature, help) in found.items():
            assert signature.startswith(word), word
            assert 6 <= len(help) <= 70, word
