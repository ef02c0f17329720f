"""The form of a goal and its constraints: what stands in it, and what somebody typed as a wish."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from backend.planning.plan import Constraints, TeamPlan
from backend.planning.schemas import PlanCreate
from frontend.state import dialog

APPROVALS = (
    ("external", "it reaches outside: sends, posts, publishes"),
    ("money", "it spends money"),
    ("write", "it writes data"),
    ("code", "it runs code"),
    ("result", "the result is given"),
)
UNITS = {"minutes": 60, "hours": 3600, "days": 86_400}
PREFERENCES = {
    "balanced": "A balance of all",
    "quick": "Quick: the soonest end",
    "cheap": "Cheap: the least cost",
    "good": "Good: the most able agents",
}
_PLACES = {
    "goal": "The goal",
    "deadline_seconds": "Finished within",
    "max_cost": "Most dollars",
    "max_tokens": "Most tokens",
}
_FIELDS = {"deadline_seconds": "deadline", "approval_seconds": "approval_minutes"}


@dataclass
class Choosable:
    """An agent that can be chosen."""

    id: str
    name: str
    chosen: bool


EMPTY: dict[str, str] = {
    "goal": "",
    "domain": "auto",
    "model": "",
    "deadline": "",
    "unit": "hours",
    "max_cost": "",
    "max_tokens": "",
    "prefer": "balanced",
    "demanded": "",
    "forbidden": "",
    "approval_minutes": "30",
    "new_agents": "true",
    **{f"ask_{name}": "" for name, _ in APPROVALS},
}


def texts(plan: TeamPlan) -> dict[str, str]:
    """What a plan was made from, as it stands in the form."""
    one = plan.goal.constraints
    amount, unit = _amount(one.deadline_seconds)
    found = EMPTY | {
        "goal": plan.goal.text,
        "domain": plan.domain if plan.source == "domain" else "auto",
        "model": plan.model,
        "deadline": amount,
        "unit": unit,
        "max_cost": f"{one.max_cost:g}" if one.max_cost else "",
        "max_tokens": str(one.max_tokens or ""),
        "prefer": one.prefer,
        "demanded": ", ".join(one.demanded),
        "forbidden": ", ".join(one.forbidden),
        "approval_minutes": f"{one.approval_seconds / 60:g}",
        "new_agents": "true" if one.new_agents else "",
    }
    return found | {f"ask_{name}": "true" for name in one.approvals}


def wish(typed: dict[str, Any]) -> PlanCreate:
    """What was typed; raises Invalid in the words of the form."""
    said = {name: str(value or "").strip() for name, value in typed.items()}
    agents = tuple(
        name.removeprefix("agent_") for name, value in said.items() if name.startswith("agent_") and value
    )
    deadline = _number(said, "deadline", "Finished within")
    constraints = {
        "deadline_seconds": deadline * UNITS.get(said.get("unit", ""), 3600) if deadline else None,
        "max_cost": _number(said, "max_cost", "Most dollars"),
        "max_tokens": _number(said, "max_tokens", "Most tokens"),
        "demanded": _words(said.get("demanded", "")),
        "forbidden": _words(said.get("forbidden", "")),
        "approvals": tuple(name for name, _ in APPROVALS if said.get(f"ask_{name}")),
        "approval_seconds": 60 * (_number(said, "approval_minutes", "Minutes for an answer") or 30),
        "agents": agents,
        "new_agents": bool(said.get("new_agents")),
        "prefer": said.get("prefer") or "balanced",
    }
    domain = "" if said.get("domain") in ("auto", None) else said["domain"]
    try:
        return PlanCreate(
            goal=said.get("goal", ""),
            domain=domain,
            model=said.get("model", ""),
            constraints=Constraints.model_validate(constraints),
        )
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
    place = str(first["loc"][-1] if first["loc"] else "goal")
    name = _PLACES.get(place, place)
    raise dialog.wrong(_FIELDS.get(place, place), f"{name}: {first['msg']}.", "Correct it and plan again.")


def _number(said: dict[str, str], name: str, label: str) -> float | None:
    text = said.get(name, "").replace(",", "")
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise dialog.wrong(name, f"{label}: “{text}” is no number.", "Write a number, such as 2.5.") from None


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (word.strip() for word in text.split(",")))))


def _amount(seconds: float | None) -> tuple[str, str]:
    if not seconds:
        return "", "hours"
    unit = next((name for name in ("days", "hours") if seconds % UNITS[name] == 0), "minutes")
    return f"{seconds / UNITS[unit]:g}", unit
