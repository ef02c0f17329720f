"""Random diagrams against a reference model: who plays, who is skipped, each exactly once."""

import random
from collections import Counter
from dataclasses import dataclass, field

import pytest

from tests.backend.engine.world import World, drawn

pytestmark = pytest.mark.db
DIAGRAMS = 40


@dataclass
class Drawn:
    """Nodes in topological order, the port each leaves by, and the wires as (source, port, target)."""

    leaves: list[str] = field(default_factory=list)
    wires: list[tuple[int, str, int]] = field(default_factory=list)

    def diagram(self) -> dict[str, object]:
        nodes = [
            (f"n{i}", "say", {"config": {"text": i, "port": port}}) for i, port in enumerate(self.leaves)
        ]
        return drawn(*nodes, wires=" ".join(f"n{s}.{port}>n{t}" for s, port, t in self.wires))

    def played(self) -> set[str]:
        """The reference: a node plays when a wire whose source left by its port reaches it, or when none leads to it."""
        alive: set[int] = set()
        for node in range(len(self.leaves)):
            incoming = [(s, port) for s, port, t in self.wires if t == node]
            if not incoming or any(s in alive and self.leaves[s] == port for s, port in incoming):
                alive.add(node)
        return {f"n{i}" for i in alive}


def at_random(chance: random.Random) -> Drawn:
    count = chance.randint(3, 12)
    made = Drawn([chance.choice(["out", "yes", "no"]) for _ in range(count)])
    for target in range(1, count):
        for _ in range(chance.randint(1, 3)):
            wire = (chance.randrange(target), chance.choice(["out", "yes", "no"]), target)
            if wire not in made.wires:
                made.wires.append(wire)
    return made


async def test_random_diagrams_play_as_the_model_says(world: World) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    for number in range(DIAGRAMS):
        case = at_random(chance)
        outcome, run = await world.play(case.diagram())
        expected, told = case.played(), f"seed {seed}, diagram {number}: {case}"
        events = await world.events(run)
        ended = Counter(e.node_id for e in events if e.kind == "step.succeeded")
        skipped = Counter(e.node_id for e in events if e.kind == "step.skipped")
        assert outcome.status == "succeeded", told
        assert set(ended) == expected, told
        assert set(skipped) == {f"n{i}" for i in range(len(case.leaves))} - expected, told
        assert max((ended + skipped).values()) == 1, told
