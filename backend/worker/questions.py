"""Makes the approvals that steps ask for."""

from backend.approvals import service as approvals
from backend.core import db, failpoints
from backend.engine.ports import RunToPlay, StepId
from backend.nodes.kind import Answer, Question


class Questions:
    """The engine's way to people. Asking twice asks once; a decision and an expiry at the same moment give one answer."""

    async def ask(self, run: RunToPlay, step: StepId, key: str, question: Question) -> None:
        """Make the approval of this step, once."""
        async with db.database().transaction() as session:
            await approvals.request(session, run.run_id, step, question)
        failpoints.passed("approval.asked")

    async def expire(self, run: RunToPlay, step: StepId, key: str) -> Answer:
        """Close it if it is still open, and give the answer that stands."""
        async with db.database().transaction() as session:
            return await approvals.expire(session, run.run_id, step)
