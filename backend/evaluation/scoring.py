"""How good a run was: every check that applies, by its weight; a run that ended otherwise than it had to scores 0."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.core.errors import Outage, QuadrilleError
from backend.evaluation import looking, registry
from backend.evaluation.metric import Check, Comparing, Metric, Score, Seen, World
from backend.evaluation.schemas import CheckScore, Ended, Ending
from backend.evaluation.seeing import Scope

_WORDS: Mapping[str, str] = {
    "succeeded": "succeeded",
    "failed": "failed",
    "waiting": "waits for an approval or an event",
    "refused": "was refused its input",
    "cancelled": "was cancelled",
    "too long": "took too long",
}


@dataclass(frozen=True)
class Verdict:
    """What a case came to."""

    score: float
    passed: bool
    scores: tuple[CheckScore, ...] = ()
    reason: str = ""


async def verdict(
    ends: Ending, ended: Ended, checks: Sequence[Mapping[str, Any]], scope: Scope, world: World
) -> Verdict:
    """Judge a run; raises Outage where a part of the installation is away that a check needs."""
    if ended != ends:
        return Verdict(0, False, reason=f"The run {_WORDS[ended]}; it should be: {_WORDS[ends]}.")
    made = [(one, await _made(one, scope, world)) for one in checks]
    found = [(one, score) for one, score in made if score is not None]
    whole = math.fsum(_weight(one) for one, _ in found)
    if not whole:
        return Verdict(1, True)
    score = math.fsum(_weight(one) * told.score for one, told in found) / whole
    passed = all(told.passed for _, told in found)
    return Verdict(round(score, 4), passed, tuple(told for _, told in found))


async def _made(data: Mapping[str, Any], scope: Scope, world: World) -> CheckScore | None:
    """A check that cannot be made scores 0 and says why; None for one that has nothing to compare with."""
    try:
        metric, check = registry.read(data)
        wanted = await _wanted(metric, check, scope)
        if metric.compares and wanted is None:
            return None
        seen = Seen(await looking.value(check.of, scope), wanted, scope, world)
        score = await metric.look(check, seen)
    except Outage:
        raise
    except QuadrilleError as error:
        name = str(data.get("metric"))
        return CheckScore(metric=name, title=name, score=0, passed=False, reason=error.message)
    return _told(metric, check, score)


async def _wanted(metric: Metric, check: Check, scope: Scope) -> Any:
    if not isinstance(check, Comparing):
        return None
    if "expected" in check.model_fields_set:
        return check.expected
    return await looking.value(check.against, scope) if scope.get("expected") is not None else None


def _told(metric: Metric, check: Check, score: Score) -> CheckScore:
    least = metric.passes if check.at_least is None else check.at_least
    value = round(score.value, 4)
    title = metric.title if check.of == "output" else f"{metric.title}: {check.of[:80]}"
    return CheckScore(
        metric=metric.name, title=title, score=value, passed=value >= least, reason=score.why[:2_000]
    )


def _weight(data: Mapping[str, Any]) -> float:
    return float(data.get("weight", 1))
