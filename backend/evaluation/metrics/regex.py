"""Fits a regular expression somewhere, or as a whole."""

from pydantic import Field, JsonValue

from backend.core import sandbox
from backend.evaluation.metric import Check, Score, Seen, metric, shown, text_of

_SECONDS = 2.0
# A regular expression can run for ever, so it runs where it can be stopped.
_SOURCE = "import re\n(re.fullmatch if whole else re.search)(pattern, text) is not None"


class Config(Check):
    pattern: str = Field(title="Regular expression", min_length=1, max_length=2_000)
    whole: bool = Field(default=False, title="The whole text")


@metric(title="Regular expression")
async def regex(check: Config, seen: Seen) -> Score:
    """In the sandbox."""
    given: dict[str, JsonValue] = {
        "pattern": check.pattern, "whole": check.whole, "text": text_of(seen.value)
    }  # fmt: skip
    fits = await sandbox.run_code(_SOURCE, given, seconds=_SECONDS)
    return Score(1) if fits else Score(0, f"{shown(seen.value)} does not fit {check.pattern[:100]}.")
