"""The JUnit file of an evaluation is XML whatever cases are called and models say."""

from typing import Any
from xml.etree import ElementTree as Xml

from app.cli import evaluating

HOSTILE = '\x1b[31m</failure>"<&>]]>\x00\x0b\ufffe\ud800 é 😀'


def test_hostile_words_stay_words() -> None:
    result: dict[str, Any] = {"name": HOSTILE, "seconds": None, "passed": False, "score": 0.0, "reason": HOSTILE,
                              "scores": [{"title": HOSTILE, "reason": HOSTILE, "passed": False}]}  # fmt: skip
    text = evaluating._junit([{"set_name": HOSTILE, "cases": 1, "passed": 0, "results": [result]}])
    (suite,) = Xml.fromstring(text)  # noqa: S314 - made here
    (case,) = suite
    assert case.attrib["name"] == '�[31m</failure>"<&>]]>���� é 😀'
    assert (case[0].text or "").startswith("�[31m</failure>")
