"""Patterns after kill -9 in the middle: another worker goes on, no finished call is made again, and nothing is lost."""

import asyncio
import json
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from sqlmodel import col, select

from backend.core import db
from backend.core.settings import settings
from backend.engine import signals as _signals  # noqa: F401 - all tables in one metadata
from backend.runs import signals, starting
from backend.runs.models import EffectRecord, Run, TeamEvent
from backend.worker import beginnings
from backend.workflows import file, versions
from backend.workflows import service as workflows
from tests import forks
from tests.backend.runs.stage import Stage, events, staged
from tests.backend.runs.test_agents import life
from tests.http_server import Answer, Asked, json_answer, openai_stream, serving
from tests.model_wire import openai_calls, openai_part

pytestmark = [pytest.mark.db, pytest.mark.chaos]
DRAWN = cast(dict[str, list[Any]], yaml.safe_load(Path(__file__).with_name("pattern_kills.yaml").read_text()))


@pytest.fixture
async def stage(database: db.Database, environment: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    environment.setenv("QUADRILLE_OUTBOUND_ALLOW", "127.0.0.1")
    async with staged() as found:
        yield found


# --- what the models say, by what they heard -----------------------------------------------------------

Says = Callable[[str], str]
VERDICT = '{"decided": %s, "winner": "Buyer", "answer": "%s", "reason": "r"}'
SAYS: dict[str, Says] = {
    "writer": lambda heard: "A chair of oak." if "name the wood" in heard else "A chair.",
    "facts": lambda heard: '{"score": 6, "critique": ""}' if "oak" in heard else '{"score": 1, "critique": "name the wood"}',
    "style": lambda _: '{"score": 3}',
    "renter": lambda heard: "Then buy." if "It costs once" in heard else "Rent.",
    "buyer": lambda heard: "Buy, I say." if "Rent." in heard else "Buy. It costs once.",
    "debate_judge": lambda heard: VERDICT % (("true", "Buy it.") if "Then buy" in heard else ("false", "Not clear.")),
    "drafter": lambda heard: "It costs 5." if "name a price" in heard else "It is good.",
    "gate_judge": lambda heard: '{"score": 9, "reasons": []}' if "5" in heard else '{"score": 2, "reasons": ["name a price"]}',
    "finisher": lambda heard: f"Dear Ada, {heard.rpartition('Finish: ')[2]}",
    "clerk": lambda heard: "You are welcome: P-7" if "Thank for P-7" in heard else "A-7",
    "packer": lambda heard: f"{heard.rpartition('Pack ')[2]} in a box",
    "checker": lambda heard: "P-7" if "A-7 in a box" in heard else "empty",
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """What comes of a pattern, and who is asked how often on the way."""

    output: dict[str, Any]
    asked: dict[str, int]
    at_once: int = 1
    """So many are asked before the first answer must be stored."""

    @property
    def calls(self) -> int:
        return sum(self.asked.values())


CASES = {
    "reflective": Case({"text": "A chair of oak.", "score": 9}, {"writer": 2, "facts": 2, "style": 2}),
    "fusion": Case({"text": "seen", "share": 1}, {"looker": 8, "tool": 4}, at_once=3),
    "debate": Case(
        {"answer": "Buy it.", "rounds": 2}, {"renter": 2, "buyer": 2, "debate_judge": 2}, at_once=2
    ),
    "gates": Case({"text": "Dear Ada, It costs 5."}, {"drafter": 2, "gate_judge": 3, "finisher": 1}),
    "choreography": Case({"text": "You are welcome: P-7"}, {"clerk": 2, "packer": 1, "checker": 1}),
}


@dataclass
class World:
    """Models and a tool behind one server, which kills the worker at a call and lets no other call through before."""

    dice: random.Random
    deadly: int
    answers_deadly: bool
    victim: list[forks.Forked] = field(default_factory=list[forks.Forked])
    dead: asyncio.Event = field(default_factory=asyncio.Event)
    calls: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """Who was asked, and what identifies the question."""

    def answer(self, asked: Asked) -> Answer:
        found = self._answer(asked)
        if len(self.calls) == self.deadly:
            asyncio.get_running_loop().call_later(self.dice.uniform(0, 0.03), self._kill)
        if len(self.calls) > self.deadly or (len(self.calls) == self.deadly and not self.answers_deadly):
            found.until = self.dead  # after the kill this is set and holds nobody up
        return found

    def _kill(self) -> None:
        """One that has just ended by itself is no victim; then it is the next one, which waits for its answer."""
        self.victim[-1].kill()
        if self.victim[-1].wait() != -signal.SIGKILL:
            asyncio.get_running_loop().call_later(0.01, self._kill)
            return
        self.dead.set()

    def _answer(self, asked: Asked) -> Answer:
        if asked.path.startswith("/tool/"):
            self.calls.append(("tool", asked.path))
            return json_answer({"found": asked.path})
        body = asked.json()
        who, question = body["model"], read(body["messages"])
        self.calls.append((who, question))
        if who != "looker":
            return openai_stream(SAYS[who](question))
        if body["messages"][-1]["role"] == "tool":
            return openai_stream("seen")
        place = f"http://{asked.headers['host']}/tool/{question[-1]}"
        arguments = json.dumps({"url": place, "method": "POST"})
        return openai_calls(openai_part(0, arguments, name="http_request", id="call_1"))


def read(messages: list[dict[str, Any]]) -> str:
    """What a model is told, as one text."""
    return "\n".join(one.get("content") or "" for one in messages)


async def stored(stage: Stage) -> set[tuple[str, str]]:
    """The calls whose answers are stored, as the server saw them."""
    async with db.database().reading() as session:
        query = select(EffectRecord).where(
            col(EffectRecord.team_id) == stage.by.team_id, col(EffectRecord.error).is_(None)
        )
        rows = (await session.exec(query)).all()
    chats = [row.request for row in rows if row.kind == "chat"]
    found = [(one["model"].partition(":")[2], read(one["messages"])) for one in chats]
    tools = ["/" + row.request["url"].split("/", 3)[3] for row in rows if row.kind == "http"]
    return {*found, *(("tool", path) for path in tools)}


# --- workers -------------------------------------------------------------------------------------------


async def begun(stage: Stage, name: str) -> None:
    """All workflows of the pattern are published, and the first one is begun."""
    made: list[str] = []
    async with db.database().transaction() as session:
        for diagram in DRAWN[name]:
            workflow = await workflows.create(session, stage.by, file.read(yaml.safe_dump(diagram)))
            await versions.publish(session, stage.by, workflow.id)
            made.append(workflow.id)
        await starting.start(session, stage.by, workflow_id=made[0], input={})


async def runs(stage: Stage) -> list[Run]:
    async with db.database().reading() as session:
        query = select(Run).where(col(Run.team_id) == stage.by.team_id).order_by(col(Run.id))
        return list((await session.exec(query)).all())


async def played(stage: Stage, world: World, folder: Path) -> int:
    """Workers play what can be played, one process a run, until nothing can be or one of them is killed.

    What came of a run that ended just before the kill is sent on, too, before anything else.
    """
    while True:
        async with db.database().transaction() as session:
            await signals.send_on(session)
        await beginnings.look()
        run = next((one for one in await runs(stage) if one.status in ("queued", "running")), None)
        if run is None:
            return 0
        if code := await life(run, world.victim, folder):
            return code


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", CASES)
async def test_a_pattern_goes_on_after_kill_9(
    stage: Stage, environment: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    seed, case = random.SystemRandom().randrange(10**6), CASES[name]
    dice = random.Random(seed)
    world = World(dice, dice.randrange(case.at_once + 1, case.calls), dice.random() < 0.5)
    about = f"seed {seed}: killed at call {world.deadly}, answered: {world.answers_deadly}"
    print(about)
    async with serving(world.answer) as server:
        environment.setenv("QUADRILLE_OPENAI_BASE_URL", f"{server.url}/v1")
        settings.cache_clear()
        await begun(stage, name)
        assert await played(stage, world, tmp_path) == -9, about
        done, before, world.deadly = await stored(stage), len(world.calls), 10**6
        assert done, f"the kill came before anything was stored, {about}"
        assert await played(stage, world, tmp_path) == 0, (tmp_path / "said").read_text()
    ended = await runs(stage)
    assert [run.status for run in ended] == ["succeeded"] * len(DRAWN[name]), [run.error for run in ended]
    assert ended[0].output == case.output, about
    assert not set(world.calls[before:]) & done, f"a finished call was made again, {about}"
    assert Counter(who for who, _ in set(world.calls)) == case.asked, about
    assert await stored(stage) == set(world.calls), f"an answer is lost, {about}"
    for run in ended:
        history = await events(run)
        once = [(one.node_id, one.path, one.visit) for one in history if one.kind == "step.succeeded"]
        assert len(once) == len(set(once)), f"a finished step was played again, {about}"
    async with db.database().reading() as session:
        told = (await session.exec(select(TeamEvent).where(col(TeamEvent.team_id) == stage.by.team_id))).all()
    emitted = {"choreography": ["order.placed", "order.shipped"]}.get(name, [])
    assert sorted(one.name for one in told) == emitted, about
