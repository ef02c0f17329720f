"""Runs whose stored diagram this release cannot read: failed with a message that says where, and put among the letters."""

from dataclasses import asdict
from typing import Any

from pydantic import ValidationError

from backend.core import clock, log
from backend.core.db import Session
from backend.core.errors import Problem
from backend.dead_letters import service as dead_letters
from backend.runs import history
from backend.runs import repository as runs
from backend.runs.history import Entry
from backend.runs.models import Run

MOST_PROBLEMS = 20
_FIX = "Publish a version that this release can read, then redrive the dead letter with that version."
_log = log.get(__name__)


async def fail(session: Session, run: Run, wrong: ValueError) -> None:
    """End a run that was just claimed."""
    problems = _problems(wrong)
    first = f"{problems[0].place}: {problems[0].message}" if problems[0].place else problems[0].message
    error: dict[str, Any] = {
        "code": "unreadable",
        "message": f"What is stored of this run cannot be read. {first}",
        "fix": _FIX,
        "problems": [asdict(problem) for problem in problems],
    }
    ended = {"error": error, "finished_at": clock.now(), "worker_id": None, "wake_at": None}
    await runs.move(session, run.id, "failed", **ended)
    await history.append(session, run.id, run.team_id, Entry("run.failed", {"error": error}))
    await dead_letters.write(session, run, "unreadable", error["message"], {"error": error})
    _log.error("run cannot be read", run=run.id, why=error["message"])


def _problems(wrong: ValueError) -> list[Problem]:
    if not isinstance(wrong, ValidationError):
        return [Problem(f"It is not what was stored: {wrong}.", "diagram", _FIX, "unreadable")]
    found = wrong.errors(include_url=False, include_input=False, include_context=False)[:MOST_PROBLEMS]
    return [Problem(f"{one['msg']}.", ".".join(map(str, one["loc"])), _FIX, "unreadable") for one in found]
