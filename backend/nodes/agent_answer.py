"""An agent's answer as data that fits a JSON Schema; what does not fit goes back to the model with what is wrong."""

import re
from typing import Any

from pydantic import JsonValue

from backend.core import forms, json
from backend.core.errors import Invalid
from backend.nodes.agent_work import Work

REPAIRS = 3
_FENCED = re.compile(r"```(?:json)?(.*?)```", re.DOTALL)
_RULE = "Answer with JSON alone that fits this JSON Schema, and add no words: {schema}"


class DoesNotFit(Invalid):
    """The model did not bring its answer into the form that was asked for."""

    code, title = "answer_does_not_fit", "The answer does not fit the schema"


async def structured(work: Work, text: str, schema: dict[str, Any]) -> JsonValue:
    """The data of the answer; raises DoesNotFit when the model could not mend it, and LimitReached."""
    rule = _RULE.format(schema=json.dumps(schema))
    for left in range(REPAIRS, -1, -1):
        data, wrong = _read(text, schema)
        if not wrong:
            return data
        if not left:
            raise DoesNotFit(
                f"The answer does not fit the schema: {wrong}", fix="Simplify the schema or the task."
            )
        task = f"{work.task}\n\nThe answer was:\n{text}\n\nWrong in it: {wrong}\nGive it as JSON that fits the schema."
        text = await work.ask(rule, task, schema=schema)
        work.best = text or work.best
    raise AssertionError("the last turn returns or raises")


def _read(text: str, schema: dict[str, Any]) -> tuple[JsonValue, str]:
    """The data, and what is wrong with it in words."""
    fenced = _FENCED.search(text)
    try:
        data = json.parse((fenced.group(1) if fenced else text).strip(), "the answer")
    except json.NotJson:
        return None, "It is not JSON."
    found = forms.problems(schema, data, "answer")
    return data, " ".join(f"{one.place}: {one.message}" for one in found[:8])
