"""The question that a failed compensation asks, answered from its dead letter."""

from typing import Literal

from backend.approvals import repository as questions
from backend.approvals import service as approvals
from backend.core.db import Session
from backend.core.errors import Conflict
from backend.dead_letters.models import DeadLetter
from backend.engine.ports import StepId
from backend.identity.principal import Principal
from backend.runs import repository as runs
from backend.runs.schemas import TERMINAL

Action = Literal["retry", "skip"]


class RunIsOver(Conflict):
    """The run has ended, and with it what it wanted to undo."""

    code, title = "run_is_over", "The run has ended"


class NotAskedYet(Conflict):
    """The letter stands, and its question comes a moment later."""

    code, title = "not_asked_yet", "Not yet"


async def is_asked(session: Session, letter: DeadLetter) -> bool:
    """True while the run waits for an answer, or is about to ask."""
    run = await runs.get(session, letter.team_id, letter.run_id or "")
    return run is not None and run.status not in TERMINAL


async def decide(session: Session, by: Principal, letter: DeadLetter, action: Action, comment: str) -> None:
    """Decide as on the page of the question, with the same rights; raises AlreadyDecided for who comes second."""
    if not await is_asked(session, letter):
        raise RunIsOver(
            "The run has ended, so this compensation cannot be tried any more.",
            fix="Put it in order by hand, and discard the letter with a note that says so.",
        )
    step = StepId(letter.node_id or "", letter.path, letter.visit)
    asked = await questions.of_step(session, letter.run_id or "", step)
    if asked is None:
        raise NotAskedYet("The run has not asked its question yet.", fix="Try again in a moment.")
    await approvals.decide(
        session,
        by,
        asked.id,
        verdict="approved",
        arguments_hash=asked.arguments_hash,
        values={"action": action},
        comment=comment,
    )
