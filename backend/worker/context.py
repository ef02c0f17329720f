"""The world of one step: expressions, sandboxed code, models, knowledge, the web and secrets, all inside the run's team."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import partial

import orjson
from pydantic import JsonValue

from backend.core import clock, db, http, sandbox
from backend.engine import effects
from backend.engine.effects import Load, Recorder
from backend.engine.ports import RunToPlay, Scope, StepId
from backend.engine.speech import Speech
from backend.identity import secrets
from backend.identity.principal import Principal
from backend.inference import chat, client
from backend.knowledge import search
from backend.nodes import expressions, templates
from backend.nodes.kind import ChatMessage, ChatReply, HttpReply, Passage
from backend.worker import forms, redaction
from backend.workflows.diagram import Node

_CLOCK = re.compile(r"\b(?:now|today)\s*\(")


class WorkerContext:
    """One for each attempt of a step. Asking, sleeping, emitting and progress are the engine's."""

    def __init__(self, run: RunToPlay, step: StepId, attempt: int, scope: Scope) -> None:
        self.run_id = run.run_id
        self.node_id = step.node_id
        self.attempt = attempt
        self.idempotency_key = step.idempotency_key((run.acting and run.acting.keys_of) or run.run_id)
        self.inputs = scope.inputs
        self.scope = scope.names
        self._by = acting_for(run)
        self._revealed: set[str] = set()
        self.recorder = Recorder(_recorded(run, step, attempt), partial(redaction.of_value, self._revealed))
        self.speech = Speech(partial(redaction.so_far, self._revealed))

    async def text(self, template: str) -> str:
        """The template with its holes filled."""
        if not _CLOCK.search(template):
            return await templates.fill(template, self.scope)
        request: JsonValue = {"template": template, "index": self.scope.get("index")}
        return await self.recorder.of(
            "clock", request, lambda: templates.fill(template, self.scope), forms.TEXT
        )

    async def value(self, expression: str) -> JsonValue:
        """The value of one expression."""
        if not _CLOCK.search(expression):
            return await expressions.value(expression, self.scope)
        request: JsonValue = {"expression": expression, "index": self.scope.get("index")}
        return await self.recorder.of(
            "clock", request, lambda: expressions.value(expression, self.scope), forms.JSON
        )

    async def now(self) -> datetime:
        """This moment."""
        return await self.recorder.of("clock", None, _now, forms.MOMENT)

    async def code(self, source: str, inputs: Mapping[str, JsonValue]) -> JsonValue:
        """Sandboxed Python; it may look at a clock and draw lots, so its value is recorded."""
        request: JsonValue = {"source": source, "inputs": dict(inputs)}
        return await self.recorder.of("code", request, lambda: sandbox.run_code(source, inputs), forms.JSON)

    async def http(
        self, method: str, url: str, *, headers: Mapping[str, str], body: JsonValue, timeout_seconds: float
    ) -> HttpReply:
        """One guarded request. The key is the same at every attempt, so that the other side can see a repetition."""
        request: JsonValue = {"method": method, "url": url, "headers": dict(headers), "body": body}

        async def ask() -> HttpReply:
            return await self._http(method, url, headers, body, timeout_seconds)

        return await self.recorder.of("http", request, ask, forms.REPLY)

    async def _http(
        self, method: str, url: str, headers: Mapping[str, str], body: JsonValue, timeout_seconds: float
    ) -> HttpReply:
        sent = {"Idempotency-Key": self.idempotency_key, **headers}
        content = None
        if body is not None:
            content = body.encode() if isinstance(body, str) else orjson.dumps(body)
            kind = "text/plain; charset=utf-8" if isinstance(body, str) else "application/json"
            sent = {"Content-Type": kind, **sent}
        try:
            reply = await http.request(
                method, url, headers=sent, content=content, limits=http.Limits(seconds=timeout_seconds)
            )
        except http.OutboundError as error:
            error.message = redaction.without(self._revealed, error.message)
            raise
        # Servers that echo what they were sent must not carry a secret into steps and events (SEC-12).
        answer = HttpReply(status=reply.status, headers=dict(reply.headers), body=reply.body())
        return redaction.of_reply(self._revealed, answer)

    async def embed(self, texts: list[str]) -> list[list[float]]:
        """Unit-length embeddings from the inference worker."""
        return await self.recorder.of("embed", [*texts], lambda: client.embed(texts), forms.VECTORS)

    async def search(self, collection: str, query: str, limit: int) -> list[Passage]:
        """The nearest passages of one of the team's collections."""
        request: JsonValue = {"collection": collection, "query": query, "limit": limit}
        return await self.recorder.of(
            "search", request, lambda: search.search(self._by, collection, query, limit), forms.PASSAGES
        )

    async def chat(
        self, model: str, messages: list[ChatMessage], options: Mapping[str, JsonValue]
    ) -> ChatReply:
        """A provider's model with the team's key, or a scripted one, which wants to know the attempt."""
        asked = {"attempt": self.attempt, **options}
        request: JsonValue = {
            "model": model,
            "messages": [{"role": one.role, "content": one.content} for one in messages],
            "options": dict(options),
        }

        async def ask() -> ChatReply:
            with self.speech.call() as hear:
                reply = await chat.ask(model, messages, asked, self.secret, hear)
            return reply.model_copy(update={"text": redaction.without(self._revealed, reply.text)})

        return await self.recorder.of("chat", request, ask, forms.ANSWER)

    async def secret(self, name: str) -> str:
        """A secret of the team; raises SecretMissing naming it. Recorded answers need none."""
        if self.recorder.plays:
            return redaction.REDACTED
        async with db.database().reading() as session:
            value = await secrets.reveal(session, self._by.team_id, name)
        self._revealed.add(value)
        return value


async def _now() -> datetime:
    return clock.now()


def _recorded(run: RunToPlay, step: StepId, attempt: int) -> Load | None:
    """Where the recorded answers of this try are, for a node that takes them."""
    acting = run.acting
    if acting is None or acting.mode(step.node_id, step.path).mode != "recorded":
        return None
    return partial(effects.recorded, db.database(), run.team_id, acting.source, step, attempt)


def context(run: RunToPlay, node: Node, step: StepId, attempt: int, scope: Scope) -> WorkerContext:
    """The engine's `ContextFactory`."""
    return WorkerContext(run, step, attempt, scope)


def acting_for(run: RunToPlay) -> Principal:
    """A run acts inside its team and may start what an operator may; it has nobody's ambient rights (SEC-22)."""
    return Principal(run.team_id, run.started_by, "run", ("operator",), "system", run.run_id)
