"""What a plan's runs may do about deviations without asking, and how far that goes."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from backend.core.db import Session
from backend.identity import audit
from backend.identity.principal import Principal
from backend.planning import service
from backend.planning.models import Plan
from backend.planning.plan import TeamPlan
from backend.planning.watching import rows

Rule = Literal["ask", "perform"]
MOST_ADDED = 10.0
"""Times the plan's cost."""
CENT = 0.01
"""Less is no cost that a person would have to be asked about."""


class Policy(BaseModel):
    """By kind of adaptation; a plan without one asks about everything."""

    model_config = ConfigDict(extra="forbid")

    reallocate: Rule = Field(default="ask", description="Give tasks that have not begun to other agents.")
    replan: Rule = Field(default="ask", description="Plan the rest again, with new agents where they lack.")
    most_added_cost: Annotated[float, Field(ge=0, le=MOST_ADDED)] = Field(
        default=0.1, description="So much more, as a part of the plan's cost, may it cost without asking."
    )

    def performs(self, kind: str) -> bool:
        """Whether such an adaptation needs no person."""
        return getattr(self, kind, "ask") == "perform"

    def refusal(self, old: TeamPlan, new: TeamPlan) -> str:
        """Why it is left to a person after all; empty where it is not."""
        added, allowed = new.cost - old.cost, old.cost * self.most_added_cost
        if added <= max(allowed, CENT):
            return ""
        return f"It costs ${added:.4f} more; the policy allows ${allowed:.4f}."


class PolicyPublic(Policy):
    """With whoever set it: what is performed is performed with what they may do."""

    set_by: str = ""


def of(plan: Plan) -> PolicyPublic:
    """The plan's policy, or the one that asks."""
    return PolicyPublic.model_validate(plan.policy or {})


async def read(session: Session, by: Principal, plan_id: str) -> PolicyPublic:
    """What is performed without asking."""
    by.require("workflow.read")
    return of(await service.found(session, by, plan_id))


async def write(session: Session, by: Principal, plan_id: str, wish: Policy) -> PolicyPublic:
    """From now on; in the name of whoever says so, who must be allowed to do it by hand."""
    for permission in ("workflow.edit", "run.steer", "run.payload"):
        by.require(permission)
    plan = await service.held(session, by, plan_id)
    plan.policy = wish.model_dump() | {"set_by": by.account_id}
    session.add(plan)
    for row in await rows.proposed(session, plan.id):
        row.by_policy, row.left_why = wish.performs(row.kind), ""
        session.add(row)
    await audit.record(session, by, "plan.policy", plan.id, wish.model_dump())
    return of(plan)
