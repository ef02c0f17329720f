"""kill -9 at random moments: the runs go on, and no step that was shown as finished is executed again."""

import itertools
import random
import signal
from pathlib import Path
from typing import Any

import pytest

from backend.engine.ports import RunToPlay, StepId
from tests import forks
from tests.backend.engine.world import World, drawn

pytestmark = [pytest.mark.db, pytest.mark.chaos]

RUNS, KILLS = 5, 3


def kitchen_sink() -> dict[str, Any]:
    """A chain, branches that meet again, a retry, a loop in a map, and a state machine that goes round."""
    quick = {"config": {"seconds": 0.01}}
    ids = [f"c{i}" for i in range(15)]
    chain = " ".join(f"{a}>{b}" for a, b in itertools.pairwise(ids))
    branches = " ".join(f"s>b{i} b{i}>j" for i in range(8))
    return drawn(
        "s", *[(f"b{i}", "say", {"config": {"seconds": 0.01 * i}}) for i in range(8)], ("j", "join"),
        ("t", "trouble", {"config": {"times": 1, "seconds": 0.01}, "retry": {"max_attempts": 3, "backoff_seconds": 0.05}}),
        ("m", "map", {"config": {"concurrency": 3}}),
        ("l", "loop", {"parent": "m", "config": {"until": "index >= item"}}),
        ("x", "say", {"parent": "l", **quick}),
        *states(), *[(i, "say", quick) for i in ids], ("e", "end"),
        wires=f"work.next>look look.good>over look.again>work leaving>left s>sm s>t s>c0 {branches} t>m {chain} j>e m>e c14>e sm>e",
    )  # fmt: skip


def states() -> list[Any]:
    """A machine that goes round between two states four times, with something to do on entry and on exit."""
    quick = {"seconds": 0.01, "text": "x"}
    transitions = [{"name": "good", "guard": "index >= 3"}, {"name": "again"}]
    return [
        ("sm", "machine"),
        ("work", "state", {"parent": "sm", "config": {"initial": True, "transitions": [{"name": "next"}]}}),
        ("worked", "say", {"parent": "work", "config": quick}),
        ("leaving", "exit", {"parent": "work"}),
        ("left", "say", {"parent": "work", "config": quick}),
        ("look", "state", {"parent": "sm", "config": {"transitions": transitions}}),
        ("looked", "say", {"parent": "look", "config": quick}),
        ("over", "state", {"parent": "sm", "config": {"final": True, "transitions": []}}),
    ]


@pytest.mark.timeout(900)
async def test_finished_steps_do_not_run_again_after_kill_9(world: World, tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    dice = random.Random(seed)
    runs = [await world.run(kitchen_sink(), [1, 3, 2]) for _ in range(RUNS)]
    finished: set[str] = set()
    again: list[str] = []
    progress: list[int] = []
    for _ in range(KILLS):
        # Where it dies follows what it has done, not the clock: a slow machine must not let it die before it begins,
        # a quick one not after it has ended. Beyond one node a run, something has been committed.
        death = (dice.randrange(RUNS + 1, 30), dice.uniform(0, 0.02))
        again += _executed(tmp_path, world, runs, death, finished)
        finished = await _finished(world, runs)
        progress.append(len(finished))
    again += _executed(tmp_path, world, runs, None, finished)
    assert again == [], f"seed {seed}"
    for run in runs:
        row = await world.row(run)
        assert (row.status, row.output) == ("succeeded", "b0"), f"seed {seed}"
        await _check_history(world, run)
    whole = len(await _finished(world, runs))
    assert 0 < progress[0] < whole, f"the first kill missed: {progress} of {whole}, seed {seed}"


def _executed(
    folder: Path, world: World, runs: list[RunToPlay], death: tuple[int, float] | None, finished: set[str]
) -> list[str]:
    """Play in a process of its own, to the end or to its death; what it executed although it was finished."""
    (folder / "executed").write_text("")
    after, seconds = death or (0, 0.0)
    given = [folder, world.database.url, after, seconds, *[r.run_id for r in runs]]
    said = folder / "victim.log"
    victim = forks.start("tests.backend.engine.victim", *map(str, given), output=said)
    assert victim.wait(180) == (0 if death is None else -signal.SIGKILL), said.read_text()
    return [key for key in (folder / "executed").read_text().splitlines() if key in finished]


async def _finished(world: World, runs: list[RunToPlay]) -> set[str]:
    found: set[str] = set()
    for run in runs:
        for step in (await world.steps(run)).values():
            found.add(StepId(step.node_id, step.path, step.visit).key(run.run_id))
    return found


async def _check_history(world: World, run: RunToPlay) -> None:
    """Numbers without a hole, each step finished once, and nothing after the end."""
    world.listener.rows.clear()
    from sqlmodel import col, select

    from backend.runs.models import RunEvent

    async with world.database.reading() as session:
        query = select(RunEvent).where(col(RunEvent.run_id) == run.run_id).order_by(col(RunEvent.seq))
        events = list((await session.exec(query)).all())
    assert [e.seq for e in events] == list(range(1, len(events) + 1))
    ended = [(e.path, e.node_id, e.visit) for e in events if e.kind == "step.succeeded"]
    assert len(ended) == len(set(ended)) == len(await world.steps(run))
    assert events[-1].kind == "run.succeeded"
    assert [e.attempt for e in events if e.kind == "step.retrying"] == [1]
