"""What a model says is read at once, however it is spaced: these would take hours, and hold up all runs of a worker."""

from types import ModuleType

import pytest

from backend.core import json
from backend.inference import chat_scripted
from backend.inference.chat_errors import RequestRefused
from backend.nodes import agent_answer
from backend.nodes.strategies import chain_of_thought, plan_and_execute, react, tree_of_thoughts

LINES, SPACES = "\n" * 300_000, " " * 300_000


@pytest.mark.parametrize(
    ("module", "pattern", "said", "found"),
    [
        (chain_of_thought, "_ANSWER", f"{LINES}  Final answer: 7", "  Final answer: "),
        (tree_of_thoughts, "_NUMBERED", f"{LINES} 1. walk", " 1. walk"),
        (plan_and_execute, "_NUMBER", f"{LINES} - walk", " - walk"),
        (react, "_ACTION", f"Action: look{LINES}Action: go\n Input: 7", "Action: go\n Input: "),
        (agent_answer, "_FENCED", f"```json{SPACES}\n7```", f"```json{SPACES}\n7```"),
    ],
)
def test_an_answer_is_read_at_once(module: ModuleType, pattern: str, said: str, found: str) -> None:
    match = getattr(module, pattern).search(said)
    assert match is not None
    assert match.group() == found


def test_a_fence_that_is_never_closed_is_no_fence() -> None:
    assert agent_answer._read(f"```json{SPACES}", {}) == (None, "It is not JSON.")


def test_a_script_whose_aliases_blow_it_up_is_refused() -> None:
    rows = [f"      a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    script = "\n".join(["turns:", "- call:", "  - tool: x", "    with:", "      a0: &a0 [x]", *rows])
    with pytest.raises(RequestRefused, match="aliases make the file too large"):
        chat_scripted.read(script)
    assert chat_scripted.read(json.dumps({"turns": [{"say": "Yes"}]})).turns[0].say == "Yes"
