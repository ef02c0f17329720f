"""All metrics: those under `metrics/`, and the checks that sets and cases hold, read with them."""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from backend.core.errors import Invalid, Problem
from backend.evaluation import metrics
from backend.evaluation.metric import Check, Metric


@lru_cache
def all_metrics() -> MappingProxyType[str, Metric]:
    """Every metric by its permanent name."""
    found: dict[str, Metric] = {}
    for info in pkgutil.iter_modules(metrics.__path__, f"{metrics.__name__}."):
        module = importlib.import_module(info.name)
        found |= {one.name: one for one in vars(module).values() if isinstance(one, Metric)}
    return MappingProxyType(found)


def read(data: Mapping[str, Any]) -> tuple[Metric, Check]:
    """A check as it is stored; raises Invalid with everything that is wrong."""
    name = str(data.get("metric", ""))
    metric = all_metrics().get(name)
    if metric is None:
        known = ", ".join(all_metrics())
        raise Invalid(f"There is no metric “{name}”.", problems=[Problem(
            f"There is no metric “{name}”.", "metric", f"Use one of: {known}.")])  # fmt: skip
    try:
        return metric, metric.check.model_validate({key: data[key] for key in data if key != "metric"})
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_input=False)
        problems = [Problem(_said(e["msg"]), ".".join(map(str, e["loc"])) or name) for e in errors]
        raise Invalid(f"{metric.title}: {problems[0].message}", problems=problems) from None


def require(checks: Sequence[Mapping[str, Any]], place: str) -> None:
    """Raise Invalid with every wrong check and its place."""
    problems: list[Problem] = []
    for n, data in enumerate(checks):
        try:
            read(data)
        except Invalid as wrong:
            at = f"{place}.{n}"
            problems += [
                Problem(p.message, f"{at}.{p.place}", p.fix or "Correct it.") for p in wrong.problems
            ]
    if problems:
        raise Invalid(f"{problems[0].place}: {problems[0].message}", problems=problems)


def _said(message: str) -> str:
    return message.removeprefix("Value error, ").rstrip(".") + "."
