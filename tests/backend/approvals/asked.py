"""Questions in the database, and people who decide them."""

from typing import Any

from backend.approvals import service
from backend.approvals.schemas import ApprovalDetail
from backend.core import db
from backend.engine.ports import StepId
from backend.identity.permissions import Role
from backend.identity.principal import Principal
from backend.nodes.kind import Question
from tests.backend.identity import people
from tests.backend.runs import made

STEP = StepId("approve")
FORM: dict[str, Any] = {"type": "object", "properties": {"amount": {"type": "number"}}}
PAY = Question(title="Pay it?", form=FORM, proposal={"amount": 100})


async def asked(world: made.World, question: Question = PAY, step: StepId = STEP, run_id: str = "") -> str:
    """A question of a run; its id."""
    run_id = run_id or await made.run(world, "waiting_person")
    async with db.database().transaction() as session:
        return (await service.request(session, run_id, step, question)).id


async def shown(by: Principal, approval_id: str) -> ApprovalDetail:
    """As this person sees it."""
    async with db.database().reading() as session:
        return await service.get(session, by, approval_id)


async def decide(by: Principal, approval_id: str, verdict: str = "approved", **more: Any) -> ApprovalDetail:
    """Decide what this person sees."""
    words: dict[str, Any] = {"arguments_hash": (await shown(by, approval_id)).arguments_hash} | more
    async with db.database().transaction() as session:
        return await service.decide(session, by, approval_id, verdict=verdict, **words)  # pyright: ignore[reportArgumentType]


async def member(world: made.World, name: str, *roles: Role) -> people.Person:
    """Somebody of the same team, an approver unless said otherwise, with an address made of the name."""
    address = f"{name.lower()}-{world.by.team_id}@example.com"
    return await people.person(world.by.team_id, *(roles or ("approver",)), name=name, email=address)
