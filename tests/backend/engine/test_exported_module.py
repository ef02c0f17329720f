"""What the exported LangGraph module gives is what the engine gives, for every template and every kind."""

import asyncio
import itertools
import json
import math
import random
import subprocess
import sys
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import JsonValue

from backend.core import clock, sandbox
from backend.engine.engine import Engine
from backend.engine.ports import RunToPlay, Scope, StepId
from backend.inference import chat
from backend.nodes import expressions, registry, templates
from backend.nodes.kind import ChatMessage, ChatReply, FoundBy, NodeContext, Passage
from backend.workflows import file
from backend.workflows import templates as gallery
from backend.workflows.diagram import Diagram, Node
from backend.workflows.langgraph_module import module
from tests.backend.engine.world import World
from tests.backend.nodes.test_every_kind import SAVED
from tests.http_server import Answer, Asked, json_answer, serving

PASSAGES = [
    {"text": "Invoices can be downloaded under Billing. They are sent by mail as well.", "title": "Invoices"},
    {"text": "Refunds take five days.", "title": "Refunds"},
]
DRIVER = """
import importlib.util, json, math, sys, zlib

def embed(texts):
    found = []
    for text in texts:
        row = [0.0] * 64
        for word in text.lower().split():
            row[zlib.crc32(word.strip(".,?!").encode()) % 64] += 1.0
        size = math.hypot(*row) or 1.0
        found.append([one / size for one in row])
    return found

def loaded(path):
    spec = importlib.util.spec_from_file_location("exported", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.embed = embed
    module.search = lambda collection, query, limit: [{"source": "", "score": 0.9, **one} for one in PASSAGES][:limit]
    return module

PASSAGES, *tasks = json.loads(sys.stdin.read())
told = []
for path, given, answers in tasks:
    try:
        told.append({"output": loaded(path).run(given, answers)})
    except (Exception, SystemExit) as error:
        told.append({"failed": f"{type(error).__name__}: {error}"})
assert "backend" not in sys.modules
print(json.dumps(told))
"""
Case = tuple[Diagram, JsonValue, list[Any]]


class Here:
    """The world of a step without a worker: real expressions, sandbox and scripted models."""

    def __init__(self, run: RunToPlay, node: Node, step: StepId, attempt: int, scope: Scope) -> None:
        self.run_id, self.node_id, self.attempt = run.run_id, node.id, attempt
        self.idempotency_key = step.idempotency_key(run.run_id)
        self.inputs, self.scope = scope.inputs, scope.names

    async def text(self, template: str) -> str:
        return await templates.fill(template, self.scope)

    async def value(self, expression: str) -> JsonValue:
        return await expressions.value(expression, self.scope)

    async def code(self, source: str, inputs: Mapping[str, JsonValue]) -> JsonValue:
        return await sandbox.run_code(source, inputs)

    async def now(self) -> Any:
        return clock.now()

    async def embed(self, texts: list[str]) -> list[list[float]]:
        return [_vector(text) for text in texts]

    async def search(
        self, collection: str, query: str, limit: int, found_by: FoundBy = "meaning"
    ) -> list[Passage]:
        return [Passage(score=0.9, **one) for one in PASSAGES][:limit]

    async def chat(self, model: str, messages: list[ChatMessage], options: Any) -> ChatReply:
        async def no_secret(name: str) -> str:
            raise AssertionError(name)

        return await chat.ask(model, messages, options, no_secret)


def _vector(text: str) -> list[float]:
    row = [0.0] * 64
    for word in text.lower().split():
        row[zlib.crc32(word.strip(".,?!").encode()) % 64] += 1.0
    size = math.hypot(*row) or 1.0
    return [one / size for one in row]


async def by_the_engine(world: World, case: Case) -> dict[str, Any]:
    """The output, or that it failed; questions are answered and events sent as they are asked for."""
    diagram, given, answers = case
    contexts = cast(Any, lambda *told: cast(NodeContext, Here(*told)))
    engine = world.engine = Engine(
        world.writer, contexts, world.listener, world.questions, kinds=registry.all_kinds()
    )
    begun, waiting = len(world.questions.asked), list(answers)
    run = await world.run(diagram, given)
    for answer in [one for one in waiting if "name" in one]:
        await world.signal(run, answer["name"], answer["data"], key=answer.get("key", ""), wake=False)
    playing = asyncio.ensure_future(engine.play(run))
    for number, answer in enumerate([one for one in waiting if "verdict" in one]):
        asked = asyncio.ensure_future(world.questions.wait_for(begun + number + 1))
        await asyncio.wait({asked, playing}, timeout=60, return_when=asyncio.FIRST_COMPLETED)
        if playing.done():
            asked.cancel()
            break
        assert asked.done(), f"{diagram.name} did not ask: {playing}"
        key, _, _ = world.questions.asked[begun + number]
        await world.answer(run, key, answer["verdict"], values=answer.get("values"))
    await asyncio.wait({playing}, timeout=60)
    assert playing.done(), f"{diagram.name}, {given} waits for something"
    outcome = playing.result()
    if outcome.status == "succeeded":
        return {"output": outcome.output}
    return {"failed": str(outcome.error)} if outcome.error else {"waits": "longer than this test"}


def by_the_modules(folder: Path, cases: list[Case]) -> list[dict[str, Any]]:
    """Every module is written, checked by ruff, and played in one process that knows nothing of us."""
    tasks: list[Any] = []
    for number, (diagram, given, answers) in enumerate(cases):
        path = folder / f"module_{number}.py"
        path.write_text(module.source(diagram, registry.all_kinds()), encoding="utf-8")
        tasks.append([str(path), given, answers])
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F,E9", str(folder)]
    looked = subprocess.run(ruff, capture_output=True, text=True, check=False)
    assert looked.returncode == 0, looked.stdout
    asked = json.dumps([PASSAGES, *tasks])
    done = subprocess.run(
        [sys.executable, "-I", "-c", DRIVER],
        input=asked,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


APPROVED, REJECTED = {"verdict": "approved", "by": "p"}, {"verdict": "rejected", "by": "p"}
ANSWERS: dict[tuple[str, str], list[Any]] = {
    ("support-triage", "good"): [APPROVED], ("support-triage", "needs approval"): [APPROVED],
    ("support-triage", "fails"): [REJECTED],
    ("hello-approval", "good"): [{**APPROVED, "values": {"text": "Hi"}}], ("hello-approval", "another script"): [REJECTED],
}  # fmt: skip


OTHERWISE = {"agent", "supervisor", "discussion", "fuse", "quality_gate", "rerank", "index_text"}


def of_templates() -> list[Case]:
    """Every sample that its form lets in; agents, fusions, judges and indexes do otherwise in a module, as its head says."""
    found: list[Case] = []
    for template in gallery.all_():
        if any(node.kind in OTHERWISE for node in template.diagram.nodes):
            continue
        for name, given in template.diagram.samples.items():
            if name != "refused at the door":
                found.append((template.diagram, given, ANSWERS.get((template.name, name), [APPROVED] * 4)))
    return found


def drawn(nodes: str, wires: str, given: JsonValue = None, answers: list[Any] | None = None) -> Case:
    """A diagram in the words of its file."""
    listed = "\n".join(f"  - {{{line.strip()}}}" for line in nodes.strip().splitlines())
    led = "\n".join(f"  - {{from: {one.split('>')[0]}, to: {one.split('>')[1]}}}" for one in wires.split())
    text = f"quadrille: 1\nname: Drawn\nnodes:\n{listed}\nwires:\n{led or '  []'}\n"
    return file.read(text), given, answers or []


SET = "kind: set_fields, config: {{fields: [{{name: v, value: '{}'}}]}}"
IF = "kind: condition, config: {{by: expression, expression: '{}'}}"


def of_shapes() -> list[Case]:
    """What is hard: branches that are skipped, joins of some, errors, containers in containers, interrupts inside."""
    tell = "id: {}, " + SET
    return [
        drawn(
            "\n".join([
                "id: start, kind: start", "id: c, " + IF.format("input.n > 3"), tell.format("x", "x {{ input.n }}"),
                "id: d, " + IF.format("input.n > 5"), tell.format("y", "y"), tell.format("far", "far"),
                "id: j, kind: join", "id: last, kind: output",
            ]),
            "start>c start>d c.yes>x c.no>far d.yes>y far>y x>j y>j j>last", {"n": n},
        ) for n in (1, 4, 9)
    ] + [
        drawn(
            "\n".join([
                "id: a, " + SET.format("a"), "id: b, " + SET.format("b"), "id: c, " + SET.format("c"),
                f"id: j, kind: join, config: {{mode: {mode}, count: {count}}}",
                "id: e, kind: code, config: {source: 'len(nodes) >= 2'}",
            ]),
            "a>j b>j c>j j>e", None,
        ) for mode, count in (("any", 1), ("count", 3), ("count", 4))
    ] + [
        drawn(
            "\n".join([
                "id: bad, kind: code, on_error: route, config: {source: 'raise ValueError(\"no\")'}",
                "id: well, " + SET.format("well"), "id: mend, " + SET.format("{{ nodes.bad.message is not None }}"),
                "id: other, kind: code, on_error: default, default_output: {n: 7}, config: {source: '1 / 0'}",
                "id: off, disabled: true, kind: code, config: {source: '5'}", "id: j, kind: join",
            ]),
            "bad>well bad.error>mend mend>j well>j other>off off>j", None,
        ),
        drawn(
            "\n".join([
                "id: m, kind: map_list, config: {items: input.rows, on_item_error: collect, concurrency: 2}",
                "id: l, kind: loop, parent: m, config: {until: previous.n >= item, max_iterations: 4}",
                "id: n, kind: code, parent: l, config: {source: \"{'n': (previous or {'n': 0})['n'] + 1, 'i': index}\"}",
                "id: end, parent: m, " + SET.format("{{ nodes.l.n }}/{{ item }}"),
            ]),
            "l>end", {"rows": [1, 3, 9]},
        ),
        drawn(
            "\n".join([
                "id: m, kind: map_list, config: {items: input.rows, on_item_error: drop}",
                "id: n, kind: code, parent: m, config: {source: '10 / item'}",
            ]), "", {"rows": [1, 0, 2]},
        ),
        drawn("id: m, kind: map_list, config: {items: input.rows}\nid: n, kind: code, parent: m, config: {source: '10 / item'}",
              "", {"rows": [1, 0]}),
        drawn("id: m, kind: map_list, config: {items: input.rows}\nid: n, kind: code, parent: m, config: {source: item}",
              "", {"rows": []}),
        drawn(
            "\n".join([
                "id: l, kind: loop, config: {until: \"previous.verdict == 'approved'\", max_iterations: 3}",
                "id: ask, kind: human_approval, parent: l, config: {title: 'Round {{ index }}'}",
            ]), "", None, [REJECTED, APPROVED],
        ),
        drawn(
            "\n".join([
                "id: m, kind: map_list, config: {items: '[1, 2]', concurrency: 1}", "id: ask, kind: human_approval, parent: m, config: {title: 'No. {{ item }}'}",
                "id: say, parent: m, " + SET.format("{{ item }} {{ nodes.ask.verdict }}"),
            ]), "ask.approved>say", None, [APPROVED, APPROVED],
        ),
        drawn(
            "\n".join([
                "id: w, kind: wait_for_event, config: {event: payment.received, key: '{{ input.order }}'}",
                "id: s, kind: switch, config: {by: value, value: nodes.w.data.how, cases: [{name: card}, {name: bank, equals: 7}]}",
                "id: a, " + SET.format("a"), "id: b, " + SET.format("b"), "id: c, " + SET.format("c"),
            ]), "w.received>s s.card>a s.bank>b s.else>c", {"order": "A"},
            [{"name": "payment.received", "key": "A", "data": {"how": "7"}}],
        ),
        drawn(
            "\n".join([
                "id: m, kind: state_machine", "id: a, kind: state, parent: m, config: {initial: true, transitions: "
                "[{name: paid, event: paid, guard: event.data.n > 1}, {name: no, event: refused}]}",
                "id: x, kind: on_exit, parent: a", "id: log, parent: a, " + SET.format("{{ nodes.x.transition }}"),
                "id: b, kind: state, parent: m, config: {final: true}", "id: r, parent: b, " + SET.format("{{ event.name }} {{ index }}"),
                "id: c, kind: state, parent: m, config: {final: true}",
            ]), "x>log a.paid>b a.no>c", None, [{"name": "paid", "data": {"n": 1}}, {"name": "paid", "data": {"n": 2}}],
        ),
        *(drawn(
            "\n".join([
                "id: s, kind: saga", "id: a, parent: s, compensate_with: undo_a, " + SET.format("first"),
                "id: b, parent: s, compensate_with: undo_b, " + SET.format("second"),
                "id: c, kind: code, parent: s, config: {source: '1 / input[\"by\"]'}",
                "id: undo_a, parent: s, " + SET.format("{{ compensated.output.v }} back: {{ failure.message }}"),
                "id: undo_b, kind: emit_event, parent: s, config: {topic: b.undone, data: [{name: v, value: '{{ compensated.output.v }}'}]}",
                "id: well, " + SET.format("{{ nodes.s }}"), "id: badly, " + SET.format("undone"),
            ]), "a>b b>c s>well s.compensated>badly", {"by": by},
        ) for by in (2, 0)),
        drawn(
            "\n".join([
                "id: w, kind: wait, config: {duration: 0.05}", "id: v, kind: code, config: {source: 'nodes[\"w\"][\"until\"] > \"2\"'}",
                "id: t, kind: set_fields, config: {keep_input: true, fields: [{name: a, value: \"{{ input.x | default('none') | upper }} "
                "{{ [n * 2 for n in range(3)] }} {{ 'it''s' }}\"}, {name: b, value: '{{ {\"k\": true, \"l\": null} }}'}]}",
            ]), "w>v v>t", {},
        ),
    ]  # fmt: skip


def at_random() -> list[Case]:
    """Small diagrams without circles, as they come: branches, joins of all and of some."""
    found: list[Case] = []
    for seed in range(12):
        lot = random.Random(seed)
        names = [f"n{i}" for i in range(lot.randint(4, 9))]
        nodes = [f"id: {one}, " + (IF.format(f"input.n % {lot.randint(2, 4)} > 0") if lot.random() < 0.4 else
                 "kind: join, config: {mode: all}" if lot.random() < 0.3 else SET.format(one)) for one in names]  # fmt: skip
        wires: list[str] = []
        for one, other in itertools.combinations(range(len(names)), 2):
            if lot.random() < 0.35:
                port = lot.choice([".yes", ".no"]) if "condition" in nodes[one] else ""
                wires.append(f"{names[one]}{port}>{names[other]}")
        found.append(drawn("\n".join(nodes), " ".join(wires), {"n": lot.randint(0, 7)}))
    return found


def _alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return "waits" in one or ("failed" in one and "failed" in other) or one == other


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_module_gives_what_the_engine_gives(world: World, tmp_path: Path) -> None:
    cases = [*of_templates(), *of_shapes(), *at_random()]
    wanted = [await by_the_engine(world, case) for case in cases]
    gave = await asyncio.to_thread(by_the_modules, tmp_path, cases)
    wrong = [
        (number, case[0].name, one, other)
        for number, (case, one, other) in enumerate(zip(cases, wanted, gave, strict=True))
        if not _alike(one, other)
    ]
    assert not wrong, "\n".join(map(str, wrong))
    assert sum("output" in one for one in gave) > len(cases) * 0.8, "most of them play to the end"


def _said(asked: Asked) -> Answer:
    """A shop, and a server of models with OpenAI's wire format."""
    if asked.path == "/v1/chat/completions":
        told = asked.json()
        assert told["model"] == "tiny"
        assert "<passage number=1>" in told["messages"][-1]["content"]
        text = '```json\n{"ok": true}\n```'
        return json_answer({"choices": [{"message": {"content": text}}], "usage": {"prompt_tokens": 5}})
    if asked.path == "/v1/embeddings":
        return json_answer({"data": [{"embedding": _vector(text)} for text in asked.json()["input"]]})
    if asked.path == "/slow":
        return json_answer({"busy": True}, 503)
    assert asked.headers["authorization"] == "Bearer opened"
    return json_answer({"order": asked.path, "sent": asked.json()}, 200)


async def test_addresses_and_models_are_asked_by_the_module_itself(tmp_path: Path) -> None:
    drawn_, _, _ = drawn(
        "\n".join([
            "id: start, kind: start", "id: shop, kind: http_request, config: {method: POST, url: '{{ input.base }}/orders/{{ input.id }}', "
            "send: json, body: '{{ input }}', auth: bearer, secret: shop-key}",
            "id: ask, kind: chat_model, config: {model: 'compatible:tiny', prompt: 'Is it good?', passages: '[\"yes\"]', answer: json}",
            "id: sort, kind: classify, config: {text: where is my invoice, labels: [{name: bill, description: invoice}, {name: bug, description: crash}]}",
            "id: slow, kind: http_request, on_error: route, retry: {max_attempts: 3, backoff_seconds: 0}, config: {url: '{{ input.base }}/slow'}",
            "id: busy, " + SET.format("{{ nodes.slow.message }}"), "id: out, kind: output, config: {fields: [{name: a, value: "
            "'{{ nodes.shop.body.order }}'}, {name: b, value: '{{ nodes.ask.data.ok }}'}, {name: c, value: '{{ nodes.sort.label }}'}, "
            "{name: d, value: '{{ nodes.busy.v }}'}]}",
        ]),
        "start>shop shop>ask ask>sort sort.bill>slow slow.error>busy busy>out",
    )  # fmt: skip
    path = tmp_path / "asks.py"
    path.write_text(module.source(drawn_, registry.all_kinds()), encoding="utf-8")
    async with serving(_said) as server:
        given = json.dumps({"base": server.url, "id": 7})
        environment = {"OPENAI_BASE_URL": f"{server.url}/v1", "SHOP_KEY": "opened", "PATH": "/usr/bin"}
        command = [sys.executable, "-I", str(path), given]
        done = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, check=False, timeout=120, env=environment
        )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert (found["a"], found["b"], found["c"]) == ("/orders/7", True, "bill")
    assert found["d"].startswith("The server answered 503")
    assert [asked.path for asked in server.asked].count("/slow") == 3


def test_every_kind_is_written_and_told_of() -> None:
    nodes = tuple(
        Node(
            id=name,
            kind=name,
            name=f"A {name}",
            config=config,
            parent="state_machine" if name == "state" else None,
        )
        for name, config in SAVED.items()
        if name != "start"  # what has no wire is an entry then; all templates have one
    )
    drawn = Diagram(name="Everything", nodes=(*nodes, Node(id="odd", kind="someone.else", config={"x": 1})))
    made = module.written(drawn, registry.all_kinds())
    compile(made.source, "everything.py", "exec")
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "100", "--check", "-"],
        input=made.source, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert formatted.returncode == 0, formatted.stdout
    told = dict(made.remarks)
    assert "was not carried over (its kind is not installed)" in told["odd"]
    assert "was not carried over" not in " ".join(text for name, text in made.remarks if name != "odd")
    for line in ("* odd: was not carried over", "* A http_request: asks any address", "Nothing is kept"):
        assert line in made.source
