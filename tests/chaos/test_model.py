"""C-31: the states of a run against a reference model, through claims, steering, signals, deaths and stale writers (I7)."""

import asyncio
from collections.abc import Awaitable, Iterator
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import col, select, update

from backend.core import clock, db, ids, queue, redis
from backend.engine.ports import NewEvent
from backend.engine.records import Change, Commit, Fenced
from backend.engine.writer import Writer, open_writer
from backend.runs import service, states
from backend.runs.models import Run, RunEvent, Worker
from backend.worker import orphans, repository
from tests.backend.runs import made
from tests.conftest import forget_settings

pytestmark = [pytest.mark.chaos, pytest.mark.db, pytest.mark.redis]
T = TypeVar("T")
ENDS = {"succeeded": "run.succeeded", "failed": "run.failed", "cancelled": "run.cancelled"}
SLEEPS = {"waiting_person": "person", "waiting_time": "time", "retrying": "retry"}


class Runs(RuleBasedStateMachine):
    """One run, and beside it what a run is allowed to be: the reference, written from the promises and not from the code."""

    runner: ClassVar[asyncio.Runner]
    writer: ClassVar[Writer]
    world: ClassVar[made.World]

    def do(self, work: Awaitable[T]) -> T:
        async def whole() -> T:
            return await work

        return self.runner.run(whole())

    @initialize()
    def start(self) -> None:
        self.run_id = self.do(made.run(self.world, "queued"))
        self.status, self.token, self.cancel, self.pause, self.due = "queued", 0, False, False, True
        self.fruitless = 0
        self.ended: str | None = None

    # --- a worker ---

    @rule()
    def claim(self) -> None:
        async def work() -> bool:
            async with db.database().transaction() as session:
                await session.exec(update(Run).where(col(Run.id) != self.run_id).values(status="cancelled"))
                session.add(Worker(id="w", host="h", pid=1, started_at=clock.now(), lease_until=clock.now()))
                await session.flush()
                claimed = await repository.claim(session, "w", 10)
                await repository.remove(session, ["w"])
                return bool(claimed)

        can = self.due and self.status in {"queued", "waiting_time", "retrying", "waiting_person"}
        assert self.do(work()) == can
        if can:
            self.status, self.token, self.due = "running", self.token + 1, False

    @rule(target_status=st.sampled_from(sorted(ENDS)), late=st.booleans())
    def finish(self, target_status: str, late: bool) -> None:
        change = Change(target_status, finished=True)
        if self.written(change, ENDS[target_status], late=late):
            self.status = self.ended = target_status

    @rule(target_status=st.sampled_from(sorted(SLEEPS)), due=st.booleans(), late=st.booleans())
    def sleep(self, target_status: str, due: bool, late: bool) -> None:
        wake_at = clock.now() + timedelta(hours=-1 if due else 1)
        if self.written(Change(target_status, wake_at=wake_at), "run.waiting", late=late):
            self.status, self.due = target_status, due

    @rule(late=st.booleans())
    def drain(self, late: bool) -> None:
        if self.written(Change("queued"), "run.waiting", late=late):
            self.status, self.due = "queued", True

    @rule(late=st.booleans())
    def rest(self, late: bool) -> None:
        if self.written(Change("paused"), "run.paused", late=late):
            self.status = "paused"

    def written(self, change: Change, kind: str, *, late: bool) -> bool:
        """What a writer gets through: all of it with the claim that holds, nothing with an older one."""
        if self.status != "running" and not late:
            return False  # the engine writes nothing but under a claim
        token = self.token - 1 if late else self.token
        commit = Commit(self.run_id, self.world.by.team_id, token, clock.now(), [NewEvent(kind)])  # pyright: ignore[reportArgumentType]
        commit.change = change

        async def work() -> bool:
            try:
                await self.writer.submit(commit)
            except Fenced:
                return False
            return True

        stored = self.do(work())
        assert stored == (not late), "a stale writer writes nothing"
        return stored

    @rule()
    def die(self) -> None:
        """The worker's row is gone in every example: whoever holds the run counts as dead."""
        self.do(orphans.requeue_all())
        if self.status == "running":
            self.fruitless += 1
            if self.fruitless >= orphans.MAX_FRUITLESS:
                self.status = self.ended = "failed"
                self.token += 1
            else:
                self.status, self.due = "queued", self.fruitless == 1
                if not self.due:
                    self.do(self.hold())

    async def hold(self) -> None:
        """A run that has to pause before its next try pauses for longer than this example takes."""
        async with db.database().transaction() as session:
            later = update(Run).where(col(Run.id) == self.run_id, col(Run.status) == "queued")
            await session.exec(later.values(wake_at=clock.now() + timedelta(hours=1)))

    # --- people ---

    @rule(verb=st.sampled_from(["cancel", "pause", "resume"]))
    def steer(self, verb: str) -> None:
        async def work() -> bool:
            try:
                async with db.database().transaction() as session:
                    await getattr(service, verb)(session, self.world.by, self.run_id)
            except states.WrongState:
                return False
            return True

        assert self.do(work()) == getattr(self, f"may_{verb}")(), (verb, self.status)

    def may_cancel(self) -> bool:
        if self.ended:
            return False
        if self.status == "running":
            self.cancel = True
        else:
            self.status = self.ended = "cancelled"
            self.cancel, self.token = True, self.token + 1
        return True

    def may_pause(self) -> bool:
        if self.ended or self.status == "paused":
            return False
        if self.status == "running":
            self.pause = True
        else:
            self.status, self.pause = "paused", False
        return True

    def may_resume(self) -> bool:
        if self.status == "paused" and not self.ended:
            self.status, self.pause, self.due = "queued", False, True
            return True
        could = self.pause and not self.ended
        self.pause = self.pause and not could
        return could

    @rule()
    def signal(self) -> None:
        async def work() -> None:
            async with db.database().transaction() as session:
                await service.signal(session, self.run_id, self.world.by.team_id, ids.new("key"), None)

        self.do(work())
        if self.status in SLEEPS:
            self.status, self.due = "queued", True

    # --- what must hold after every step ---

    @invariant()
    def agrees(self) -> None:
        run = self.do(made.state(self.run_id))
        assert (run.status, run.token) == (self.status, self.token)
        assert (run.cancel_requested, run.pause_requested) == (self.cancel, self.pause)
        assert (run.worker_id is not None) == (run.status == "running")
        assert (run.finished_at is not None) == (self.ended is not None)
        events = self.do(self.events())
        assert [e.seq for e in events] == list(range(1, run.last_seq + 1))
        assert [e.kind for e in events if e.kind in ENDS.values()] == (
            [ENDS[self.ended]] if self.ended else []
        )

    async def events(self) -> list[RunEvent]:
        async with db.database().reading() as session:
            query = select(RunEvent).where(col(RunEvent.run_id) == self.run_id).order_by(col(RunEvent.seq))
            return list((await session.exec(query)).all())


@pytest.fixture
def machine(
    database_url: str, redis_url: str, seed: int, environment: pytest.MonkeyPatch
) -> Iterator[type[Runs]]:
    """The state machine in one event loop, in which everything it opens lives."""
    environment.setenv("QUADRILLE_DATABASE_URL", database_url)
    environment.setenv("QUADRILLE_REDIS_URL", redis_url)
    forget_settings()
    with asyncio.Runner() as runner:
        Runs.runner = runner
        Runs.world = runner.run(made.world())
        Runs.writer = runner.run(open_writer(db.database()))
        yield Runs

        async def close() -> None:
            await Runs.writer.close()
            await queue.hang_up()
            await redis.client().aclose()
            await db.database().close()

        runner.run(close())


def test_c31_a_run_is_never_in_a_state_that_the_model_forbids(
    machine: type[Runs], seed: int, request: pytest.FixtureRequest
) -> None:
    night = request.config.getoption("--chaos-size") != "ci"
    wanted: dict[str, Any] = {
        "max_examples": 1000 if night else 8,
        "stateful_step_count": 50 if night else 25,
    }
    checks: list[Any] = list(HealthCheck)
    chosen = settings(deadline=None, database=None, suppress_health_check=checks, print_blob=True, **wanted)
    run_state_machine_as_test(with_seed(seed)(machine), settings=chosen)
