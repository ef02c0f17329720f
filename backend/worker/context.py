"""The world of one step: expressions, sandboxed code, models, knowledge, the web and secrets, all inside the run's team."""

from collections.abc import Mapping
from datetime import datetime

import orjson
from pydantic import JsonValue

from backend.core import db, http, sandbox
from backend.engine.ports import RunToPlay, Scope, StepId
from backend.identity import secrets
from backend.identity.principal import Principal
from backend.inference import chat, client
from backend.knowledge import search
from backend.nodes import expressions, templates
from backend.nodes.kind import Answer, ChatMessage, ChatReply, HttpReply, Passage, Question, Received
from backend.worker import redaction
from backend.workflows.diagram import Node


class WorkerContext:
    """One for each attempt of a step. Asking, sleeping, emitting and progress are the engine's."""

    def __init__(self, run: RunToPlay, step: StepId, attempt: int, scope: Scope) -> None:
        self.run_id = run.run_id
        self.node_id = step.node_id
        self.attempt = attempt
        self.idempotency_key = step.key((run.acting and run.acting.keys_of) or run.run_id)
        self.inputs = scope.inputs
        self.scope = scope.names
        self._by = acting_for(run)
        self._revealed: set[str] = set()

    async def text(self, template: str) -> str:
        """The template with its holes filled."""
        return await templates.fill(template, self.scope)

    async def value(self, expression: str) -> JsonValue:
        """The value of one expression."""
        return await expressions.value(expression, self.scope)

    async def code(self, source: str, inputs: Mapping[str, JsonValue]) -> JsonValue:
        """Sandboxed Python."""
        return await sandbox.run_code(source, inputs)

    async def http(
        self, method: str, url: str, *, headers: Mapping[str, str], body: JsonValue, timeout_seconds: float
    ) -> HttpReply:
        """One guarded request. The key is the same at every attempt, so that the other side can see a repetition."""
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
        return await client.embed(texts)

    async def search(self, collection: str, query: str, limit: int) -> list[Passage]:
        """The nearest passages of one of the team's collections."""
        return await search.search(self._by, collection, query, limit)

    async def chat(
        self, model: str, messages: list[ChatMessage], options: Mapping[str, JsonValue]
    ) -> ChatReply:
        """A provider's model with the team's key, or a scripted one, which wants to know the attempt."""
        return await chat.ask(model, messages, {"attempt": self.attempt, **options}, self.secret)

    async def secret(self, name: str) -> str:
        """A secret of the team; raises SecretMissing naming it."""
        async with db.database().reading() as session:
            value = await secrets.reveal(session, self._by.team_id, name)
        self._revealed.add(value)
        return value

    async def ask(self, question: Question) -> Answer:
        """The engine's."""
        raise NotImplementedError(question.title)

    async def sleep_until(self, moment: datetime) -> None:
        """The engine's."""
        raise NotImplementedError(moment)

    async def receive(self, name: str, key: str, until: datetime | None) -> Received | None:
        """The engine's."""
        raise NotImplementedError(name)

    async def emit(self, topic: str, data: JsonValue, key: str = "") -> None:
        """The engine's."""
        raise NotImplementedError(topic)

    def progress(self, message: str, fraction: float | None = None) -> None:
        """The engine's."""
        raise NotImplementedError(message)


def context(run: RunToPlay, node: Node, step: StepId, attempt: int, scope: Scope) -> WorkerContext:
    """The engine's `ContextFactory`."""
    return WorkerContext(run, step, attempt, scope)


def acting_for(run: RunToPlay) -> Principal:
    """A run acts inside its team and may start what an operator may; it has nobody's ambient rights (SEC-22)."""
    return Principal(run.team_id, run.started_by, "run", ("operator",), "system", run.run_id)
