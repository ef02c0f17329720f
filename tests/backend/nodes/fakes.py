"""A context for kinds that are played alone: real expressions, remembered effects."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from pydantic import JsonValue

from backend.core import clock, sandbox
from backend.nodes import expressions, templates
from backend.nodes.answers import Rest
from backend.nodes.kind import (
    AgentProfile,
    Answer,
    ChatMessage,
    ChatReply,
    Colleague,
    Document,
    FoundBy,
    HttpReply,
    Indexed,
    Passage,
    Question,
    Received,
    ServerTool,
)

T = TypeVar("T")


class FakeContext:
    """What a kind asked of the world is in `asked`; what the world answers can be set."""

    def __init__(self, **scope: JsonValue) -> None:
        self.run_id, self.node_id, self.attempt, self.idempotency_key = "run_1", "a", 1, "run_1:a:1"
        self.scope: Mapping[str, JsonValue] = {"input": {}, "nodes": {}, "run": {"id": "run_1"}} | scope
        self.inputs: Mapping[str, JsonValue] = {}
        self.asked: list[Any] = []
        self.answer = Answer(verdict="approved")
        self.received: Received | None = None
        self.profile = AgentProfile()
        self.team: list[Colleague] = []
        self.reply = HttpReply(status=200, body={"ok": True})
        self.passages: list[Passage] = []
        self.paper = Document(format="text", text="What the paper says.", pages=1)
        self.served: list[ServerTool] = []
        self.said = "Served."
        self.vectors: dict[str, list[float]] = {}

    async def text(self, template: str) -> str:
        return await templates.fill(template, self.scope)

    async def value(self, expression: str) -> JsonValue:
        return await expressions.value(expression, self.scope)

    async def code(self, source: str, inputs: Mapping[str, JsonValue]) -> JsonValue:
        return await sandbox.run_code(source, inputs)

    async def embed(self, texts: list[str]) -> list[list[float]]:
        self.asked.append(texts)
        return [self.vectors.get(text, [0.0, 0.0, 1.0]) for text in texts]

    async def search(
        self, collection: str, query: str, limit: int, found_by: FoundBy = "meaning"
    ) -> list[Passage]:
        self.asked.append((collection, query, limit, found_by))
        return self.passages[:limit]

    async def index(self, collection: str, source: str, title: str, text: str) -> Indexed:
        self.asked.append(("index", collection, source, title, text))
        return Indexed(collection=collection, source=source, title=title or source, passages=1)

    async def chat(
        self, model: str, messages: list[ChatMessage], options: Mapping[str, JsonValue]
    ) -> ChatReply:
        self.asked.append((model, messages, dict(options)))
        return ChatReply(text='{"answer": 42}', model=model, input_tokens=3, output_tokens=1)

    async def http(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: JsonValue,
        timeout_seconds: float,
        redirects: int = 3,
        rest: Rest | None = None,
    ) -> HttpReply:
        self.asked.append((method, url, dict(headers), body))
        return self.reply

    async def document(self, source: str, *, characters: int, redirects: int = 3) -> Document:
        self.asked.append(("document", source, characters, redirects))
        return self.paper

    async def query(
        self, connection: str, statement: str, parameters: Sequence[JsonValue], rows: int
    ) -> JsonValue:
        self.asked.append(("query", connection, statement, [*parameters], rows))
        return {"columns": ["n"], "rows": [[1]], "truncated": False}

    async def server_tools(self, names: Sequence[str]) -> list[ServerTool]:
        self.asked.append(("tools", [*names]))
        return [one for one in self.served if one.name in names]

    async def use_server_tool(
        self, tool: ServerTool, arguments: Mapping[str, JsonValue], key: str
    ) -> JsonValue:
        self.asked.append(("served", tool.name, dict(arguments), key))
        return {"text": self.said}

    async def now(self) -> datetime:
        return clock.now()

    async def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        return self.answer

    async def sleep_until(self, moment: datetime) -> None:
        self.asked.append(moment)

    async def call(self, workflow: str, version: int | None, given: JsonValue) -> JsonValue:
        return {"workflow": workflow, "version": version, "input": given}

    async def agent(self, name: str) -> tuple[AgentProfile, str, int]:
        self.asked.append(("agent", name))
        return self.profile, f"AGENT-{name}", 1

    async def colleagues(self, names: Sequence[str]) -> list[Colleague]:
        self.asked.append(("colleagues", list(names)))
        return [one for one in self.team if not names or one.name in names]

    async def once(self, kind: str, request: JsonValue, do: Callable[[], Awaitable[JsonValue]]) -> JsonValue:
        self.asked.append((kind, request))
        return await do()

    async def together(self, parts: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
        return list(await asyncio.gather(*(part() for part in parts)))

    async def receive(self, name: str, key: str, until: datetime | None) -> Received | None:
        self.asked.append((name, key, until))
        return self.received

    async def emit(self, topic: str, data: JsonValue, key: str = "") -> None:
        self.asked.append((topic, data, key))

    async def secret(self, name: str) -> str:
        return f"value of {name}"

    def progress(self, message: str, fraction: float | None = None) -> None:
        self.asked.append((message, fraction))
