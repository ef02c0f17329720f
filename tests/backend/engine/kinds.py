"""Small kinds that only these tests know, and a context that shows them a small world."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

from pydantic import Field, JsonValue

from backend.core import clock
from backend.core.errors import Invalid, Outage, Unavailable
from backend.engine.ports import RunToPlay, Scope, StepId
from backend.nodes.kind import Kind, NodeConfig, NodeContext, NodeRole, Ports, Question, Step
from backend.nodes.kinds.flow import on_exit, state, state_machine
from backend.workflows.diagram import Node


class Say(NodeConfig):
    text: Any = None
    port: str = "out"
    seconds: float = 0
    expression: str = ""


class Trouble(NodeConfig):
    times: int = 1_000_000
    hopeless: bool = False
    seconds: float = 0


class Ask(NodeConfig):
    title: str = "Is it right?"
    expires_in: float | None = None


class Hear(NodeConfig):
    name: str = "paid"
    key: str = "''"
    seconds: float = 0
    fails: int = 0
    data: Any = None


class Sleep(NodeConfig):
    seconds: float = 0.05


class MapConfig(NodeConfig):
    items: str = "input"
    concurrency: int = Field(4, ge=1)
    on_item_error: str = "stop"


class LoopConfig(NodeConfig):
    until: str = "False"
    max_iterations: int = Field(10, ge=1)


class SagaConfig(NodeConfig):
    roles: tuple[str, ...] = ("owner",)
    decide_within: float | None = None


class JoinConfig(NodeConfig):
    mode: str = "all"
    count: int = 1


class Seen:
    """What was really executed in this process, by step key."""

    def __init__(self) -> None:
        self.times: Counter[str] = Counter()
        self.plays: Counter[str] = Counter()
        self.at: dict[str, float] = {}
        self.running = 0
        self.most_at_once = 0
        self.let_go = asyncio.Event()  # of what is held
        self.away = 0  # so many more times what the kind `needy` needs is away

    def note(self, ctx: NodeContext) -> None:
        self.times[ctx.idempotency_key] += 1
        self.at[ctx.node_id] = asyncio.get_running_loop().time()


def kinds(seen: Seen) -> dict[str, Kind]:  # noqa: C901 - ten tiny functions, not one long one
    """Fresh test kinds that note what they do in `seen`."""

    async def say(config: Say, ctx: NodeContext) -> Step:
        seen.note(ctx)
        seen.running += 1
        seen.most_at_once = max(seen.most_at_once, seen.running)
        if config.seconds:
            await asyncio.sleep(config.seconds)
        seen.running -= 1
        value = await ctx.value(config.expression) if config.expression else config.text
        return Step(value if value is not None else dict(ctx.inputs), config.port)

    async def held(config: NodeConfig, ctx: NodeContext) -> Step:
        """Works until the test lets go."""
        seen.note(ctx)
        await seen.let_go.wait()
        return Step(ctx.node_id)

    async def trouble(config: Trouble, ctx: NodeContext) -> Step:
        seen.note(ctx)
        await asyncio.sleep(config.seconds)
        if ctx.attempt <= config.times:
            raise Invalid("This is wrong.") if config.hopeless else Unavailable("The other side is away.")
        return Step(ctx.attempt)

    async def flaky(config: Trouble, ctx: NodeContext) -> Step:
        """Fails the first times that it is played at all, whatever place it is played in."""
        seen.note(ctx)
        seen.plays[ctx.node_id] += 1
        if seen.plays[ctx.node_id] <= config.times:
            await asyncio.sleep(config.seconds)
            raise Unavailable("The other side is away.")
        return Step(seen.plays[ctx.node_id])

    async def needy(config: NodeConfig, ctx: NodeContext) -> Step:
        seen.note(ctx)
        if seen.away:
            seen.away -= 1
            raise Outage("Redis does not answer.", fix="Look at `quadrille doctor`.")
        return Step(ctx.attempt)

    async def ask(config: Ask, ctx: NodeContext) -> Step:
        seen.note(ctx)
        until = clock.now() + timedelta(seconds=config.expires_in) if config.expires_in is not None else None
        answer = await ctx.ask(Question(title=config.title, expires_at=until))
        return Step(cast(JsonValue, answer.model_dump(mode="json")), answer.verdict)

    async def sleep(config: Sleep, ctx: NodeContext) -> Step:
        seen.note(ctx)
        await ctx.sleep_until(clock.now() + timedelta(seconds=config.seconds))
        return Step("slept")

    async def several(config: Trouble, ctx: NodeContext) -> Step:
        """Sleeps and fails side by side, as a kind with parallel calls would."""
        async with asyncio.TaskGroup() as group:
            group.create_task(ctx.sleep_until(clock.now() + timedelta(seconds=0.5)))
            group.create_task(trouble(config, ctx))
        return Step("both")

    async def hear(config: Hear, ctx: NodeContext) -> Step:
        seen.note(ctx)
        until = clock.now() + timedelta(seconds=config.seconds) if config.seconds else None
        came = await ctx.receive(config.name, str(await ctx.value(config.key)), until)
        if came and ctx.attempt <= config.fails:
            raise Unavailable("It came, and then this went wrong.")
        return Step(came.data, "received") if came else Step(None, "timed_out")

    async def tell(config: Hear, ctx: NodeContext) -> Step:
        await ctx.emit(config.name, config.data, str(await ctx.value(config.key)))
        return Step("told")

    async def emit(config: NodeConfig, ctx: NodeContext) -> Step:
        ctx.progress("half", 0.5)
        await ctx.emit("order.seen", {"n": 1})
        return Step()

    async def items(config: MapConfig, ctx: NodeContext) -> Step:
        return Step(await ctx.value(config.items))

    async def done(config: LoopConfig, ctx: NodeContext) -> Step:
        return Step({"done": bool(await ctx.value(config.until))})

    async def never(config: NodeConfig, ctx: NodeContext) -> Step:
        raise AssertionError("the engine plays this by itself")

    async def first(config: Say, ctx: NodeContext) -> Step:
        seen.note(ctx)
        return Step(next(iter(ctx.inputs.values()), await ctx.value("input")))

    return {
        k.name: k
        for k in (
            kind("say", Say, say, Ports(("out", "yes", "no"))),
            kind("start", Say, first, role="start"),
            kind("end", Say, first, Ports(()), role="end"),
            kind("held", NodeConfig, held),
            kind("trouble", Trouble, trouble),
            kind("flaky", Trouble, flaky),
            kind("needy", NodeConfig, needy),
            kind("ask", Ask, ask, Ports(("approved", "rejected", "expired"))),
            kind("sleep", Sleep, sleep),
            kind("several", Trouble, several),
            kind("hear", Hear, hear, Ports(("received", "timed_out"))),
            kind("tell", Hear, tell),
            kind("emit", NodeConfig, emit),
            kind("join", JoinConfig, first, role="join"),
            kind("map", MapConfig, items, role="map"),
            kind("loop", LoopConfig, done, Ports(("out", "exhausted")), role="loop"),
            kind("machine", state_machine.Config, state_machine.state_machine.play, role="machine"),
            replace(state.state, name="state"),
            kind("exit", NodeConfig, on_exit.on_exit.play, role="exit"),
            kind("saga", SagaConfig, never, Ports(("out", "compensated")), role="saga"),
            kind("note", NodeConfig, never, role="note"),
        )
    }


def kind(
    name: str,
    config: type[NodeConfig],
    play: Callable[[Any, NodeContext], Awaitable[Step]],
    ports: Ports | None = None,
    role: NodeRole = "step",
) -> Kind:
    return Kind(name, name.title(), "Flow", "box", config, play, ports or Ports(), role)


class Context:
    """A context in which expressions are Python, since only tests write them here."""

    def __init__(self, run: RunToPlay, node: Node, step: StepId, attempt: int, scope: Scope) -> None:
        self.run_id, self.node_id, self.attempt = run.run_id, node.id, attempt
        self.idempotency_key = step.idempotency_key(run.run_id)
        self.inputs, self.scope = scope.inputs, scope.names

    async def text(self, template: str) -> str:
        return template

    async def value(self, expression: str) -> JsonValue:
        return eval(expression, {}, dict(self.scope))  # noqa: S307 - the test's own text


def contexts(run: RunToPlay, node: Node, step: StepId, attempt: int, scope: Scope) -> NodeContext:
    return cast(NodeContext, Context(run, node, step, attempt, scope))


def chain(count: int, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A diagram of so many nodes one after the other."""
    ids = [f"n{i}" for i in range(count)]
    nodes = [{"id": i, "kind": "say", "config": dict(config or {"text": i})} for i in ids]
    return {"nodes": nodes, "wires": [wire(a, b) for a, b in itertools.pairwise(ids)]}


def wire(source: str, target: str) -> dict[str, str]:
    """`a.port>b` or `a>b`, given as two halves."""
    node, _, port = source.partition(".")
    return {"source": node, "source_port": port or "out", "target": target}
