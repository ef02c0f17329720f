"""The rules of n8n's Schedule Trigger and Cron node, as the schedules of our start."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from backend.nodes.schedules import ScheduleStart
from backend.workflows.foreign.plain import dicts, items, table

Data = Mapping[str, Any]


def schedules(given: Data, settings: Data) -> tuple[list[dict[str, Any]], bool]:
    """The schedules that have a counterpart, and whether those were all."""
    zone = str(settings.get("timezone") or "UTC").replace("DEFAULT", "UTC")
    modern = dicts(table(given.get("rule")).get("interval"))
    older = dicts(table(given.get("triggerTimes")).get("item"))
    lines = [*(line for one in modern for line in _modern(one)), *(_older(one) for one in older)]
    found = [_checked(line, zone) for line in lines]
    kept = [one for one in found if one]
    return kept, bool(kept) and len(kept) == len(found)


def _checked(line: str, zone: str) -> dict[str, Any] | None:
    try:
        return ScheduleStart.model_validate({"cron": line, "zone": zone}).model_dump(include={"cron", "zone"})
    except ValidationError:
        return None


def _modern(rule: Data) -> Iterator[str]:
    """One rule may name several weekdays; one that skips days, weeks or months says nothing that a line of cron can."""
    unit, minute, hour = (
        rule.get("field", "days"),
        rule.get("triggerAtMinute", 0),
        rule.get("triggerAtHour", 0),
    )
    days = ",".join(str(day) for day in items(rule.get("triggerAtDay"))) or "0"
    every = rule.get(f"{unit}Interval", 1)
    lines = {
        "cronExpression": _five(str(rule.get("expression", ""))),
        "minutes": f"*/{rule.get('minutesInterval', 5)} * * * *",
        "hours": f"{minute} {'*' if every == 1 else f'*/{every}'} * * *",
        "days": f"{minute} {hour} * * *",
        "weeks": f"{minute} {hour} * * {days}",
        "months": f"{minute} {hour} {rule.get('triggerAtDayOfMonth', 1)} * *",
    }
    skips = unit in ("days", "weeks", "months") and every != 1
    yield "" if skips else lines.get(str(unit), "")


def _older(rule: Data) -> str:
    minute, hour = rule.get("minute", 0), rule.get("hour", 14)
    return {
        "everyMinute": "* * * * *",
        "everyHour": f"{minute} * * * *",
        "everyDay": f"{minute} {hour} * * *",
        "everyWeek": f"{minute} {hour} * * {rule.get('weekday', '1')}",
        "everyMonth": f"{minute} {hour} {rule.get('dayOfMonth', 1)} * *",
        "custom": _five(str(rule.get("cronExpression", ""))),
    }.get(str(rule.get("mode", "everyDay")), "")


def _five(expression: str) -> str:
    """Without the seconds that n8n allows before the minute, where they are the beginning of it."""
    parts = expression.split()
    return " ".join(parts[1:]) if len(parts) == 6 and parts[0] == "0" else expression
