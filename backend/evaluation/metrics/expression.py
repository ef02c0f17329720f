"""An expression over output, input, expected, nodes and run: yes is 1, no is 0, and a number from 0 to 1 is itself.

`run` has `state`, `seconds`, `cost`, `tokens`, `steps` (ids in the order in which they began), `visits` (by id),
`error`, `asked` (titles of questions to people) and `emitted` (topics of events).
"""

from pydantic import Field, field_validator

from backend.evaluation import looking
from backend.evaluation.metric import Check, Score, Seen, metric


class Config(Check):
    expression: str = Field(title="Holds when", min_length=1, max_length=2_000)

    @field_validator("expression")
    @classmethod
    def _can_be_read(cls, text: str) -> str:
        looking.require(text)
        return text


@metric(title="Expression")
async def expression(check: Config, seen: Seen) -> Score:
    """Evaluated in the sandbox."""
    found = await looking.value(check.expression, seen.scope)
    if isinstance(found, int | float) and not isinstance(found, bool):
        return Score(min(1.0, max(0.0, float(found))), f"{check.expression} is {found:g}.")
    return Score(float(bool(found)), "" if found else f"{check.expression} does not hold.")
