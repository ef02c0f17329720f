"""The table of a run's states, row by row, in words and in the database."""

import pytest

from backend.core import db
from backend.runs import repository, states
from backend.runs.schemas import TERMINAL, RunStatus
from tests.backend.runs import made

MAY_FOLLOW: dict[str, str] = {
    "queued": "running paused cancelled",
    "running": "queued waiting_person waiting_event waiting_time retrying paused succeeded failed cancelled",
    "waiting_person": "queued running paused cancelled",
    "waiting_event": "queued running paused cancelled",
    "waiting_time": "queued running paused cancelled",
    "retrying": "queued running paused cancelled",
    "paused": "queued cancelled",
    "succeeded": "",
    "failed": "",
    "cancelled": "",
}
EVERY: list[tuple[RunStatus, RunStatus]] = [(a, b) for a in states.ALL for b in states.ALL]


@pytest.mark.parametrize(("before", "after"), EVERY)
def test_each_transition_is_allowed_or_not(before: RunStatus, after: RunStatus) -> None:
    assert (after in states.ALLOWED[before]) == (after in MAY_FOLLOW[before].split())
    assert (before in states.sources(after)) == (after in states.ALLOWED[before])


def test_terminal_states_are_final() -> None:
    for status in TERMINAL:
        for after in states.ALL:
            with pytest.raises(states.WrongState):
                states.require(status, {after}, "moved")


@pytest.mark.db
async def test_the_database_refuses_what_the_table_does_not_have(database: db.Database) -> None:
    world = await made.world()
    for before, after in EVERY:
        run_id = await made.run(world, before)
        async with database.transaction() as session:
            moved = await repository.move(session, run_id, after)
        assert moved == (after in MAY_FOLLOW[before].split())
        assert (await made.state(run_id)).status == (after if moved else before)
