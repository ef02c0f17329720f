"""The run that is acted on: who may do it, and what may be done with a run that came in as a file."""

from typing import Any

from backend.core.db import Session
from backend.core.errors import NotFound
from backend.engine.acting import Acting, NodeMode
from backend.identity.principal import Principal
from backend.runs import repository, starting, states
from backend.runs.fork_schemas import ReplayRun
from backend.runs.models import Run
from backend.workflows import calls
from backend.workflows.models import Version


async def found(session: Session, by: Principal, run_id: str) -> Run:
    """A run to fork or to retry."""
    run = await _found(session, by, run_id)
    if _is_sealed(run):
        fix = "Run the workflow itself, once somebody has looked at its diagram; or replay this run."
        told = "An imported run is there to be looked at; it is never played, only replayed with what was recorded."
        raise states.WrongState(told, fix=fix)
    return run


async def replayed(session: Session, by: Principal, run_id: str, wanted: ReplayRun) -> Run:
    """A run to replay. Of one that was drawn elsewhere nothing goes out, whatever is wished."""
    run = await _found(session, by, run_id)
    live = next((key for key, mode in wanted.modes.items() if mode.mode == "live"), None)
    if live is not None and _is_sealed(run):
        told = f"An imported run is replayed with what was recorded; {live} cannot be played live."
        raise states.WrongState(told, fix="Choose recorded, or mock it.")
    return run


def replaying(source: Run, wanted: ReplayRun) -> Acting:
    """How the replay is played: what was mocked and edited then is so again."""
    before = Acting.model_validate(source.acting) if source.acting else None
    mocked = {key: mode for key, mode in before.modes.items() if mode.mode == "mocked"} if before else {}
    return Acting(
        source=source.id,
        default="recorded",
        modes=mocked | wanted.modes,
        compare=True,
        edits=before.edits if before else [],
        shown_as=before.shown_as if before and before.shown_as else shown_as(source),
        sealed=_is_sealed(source),
    )


def mocked(source: Run) -> dict[str, NodeMode]:
    """What stood in for nodes of a draft in its first run, and does so again."""
    if source.forked_from_run_id is not None or not source.acting:
        return {}
    modes = Acting.model_validate(source.acting).modes
    return {key: mode for key, mode in modes.items() if mode.mode == "mocked"}


def shown_as(run: Run) -> dict[str, Any]:
    """What expressions see as `run`."""
    started = run.started_at.isoformat() if run.started_at else None
    return {"id": run.id, "started_at": started, "started_by": run.started_by}


def require_whole(source: Run, version: Version) -> None:
    """Refuse what the file of an imported run does not hold."""
    if source.trigger != starting.IMPORTED:
        return
    inside = next((call for call in calls.of(version.diagram.get("nodes", [])) if call.inside), None)
    if inside is not None:
        message = f"“{inside.name}” plays another workflow inside, which is not in the file of this run."
        raise states.WrongState(message, fix="Replay the run where it was exported.")


async def _found(session: Session, by: Principal, run_id: str) -> Run:
    by.require("run.start")
    run = await repository.get(session, by.team_id, run_id)
    if run is None:
        raise NotFound("There is no such run.", fix="Look at the list of runs.")
    if (run.acting or {}).get("cut"):
        told = "A trial run played a part of a draft; what it left out is not known."
        raise states.WrongState(told, fix="Run that part again from the editor.", status_now=run.status)
    return run


def _is_sealed(run: Run) -> bool:
    return run.trigger == starting.IMPORTED or bool((run.acting or {}).get("sealed"))
