"""The world of one step: expressions, sandboxed code, models, knowledge, the web and secrets, all inside the run's team."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

import orjson
from pydantic import JsonValue

from backend.core import clock, databases, db, http, sandbox, tracing
from backend.core.errors import NotFound, QuadrilleError
from backend.core.http import Limits
from backend.engine import remembered
from backend.engine.effects import Load, Recorder
from backend.engine.ports import RunToPlay, Scope, StepId
from backend.engine.speech import Speech, timed
from backend.identity import secrets
from backend.identity.principal import Principal
from backend.inference import chat, chat_fallbacks, client
from backend.nodes import expressions, guardrails, templates
from backend.nodes.agent_profile import AgentProfile
from backend.nodes.answers import Rest
from backend.nodes.colleague import Colleague
from backend.nodes.kind import ChatMessage, ChatReply, Document, HttpReply, ServerTool
from backend.tool_servers import using as tool_servers
from backend.worker import agents, breaking, documents, forms, redaction, resting
from backend.worker.knowing import Knowing
from backend.workflows.diagram import Node

SECRET_SECONDS = 5.0
"""So long one try goes on with what it has read, or not found: an agent asks its model many times in a row."""

_CLOCK = re.compile(r"\b(?:now|today)\s*\(")


def _forget(level: str, text: str) -> None:
    """Nobody keeps a log of this try."""


class WorkerContext(Knowing):
    """One for each attempt of a step. Asking, sleeping, emitting and progress are the engine's."""

    def __init__(self, run: RunToPlay, step: StepId, attempt: int, scope: Scope) -> None:
        self.run_id = run.run_id
        self.node_id, self._step = step.node_id, step
        self.attempt = attempt
        self.idempotency_key = step.idempotency_key((run.acting and run.acting.keys_of) or run.run_id)
        self.inputs = scope.inputs
        self.scope = scope.names
        self._by = acting_for(run)
        self._revealed: set[str] = set()
        self._secrets = dict[str, tuple[str | NotFound, float]]()
        self.recorder = Recorder(_recorded(run, step, attempt), partial(redaction.of_value, self._revealed))
        self.write: Callable[[str, str], None] = _forget
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

        def heard(text: str) -> None:
            self.write("info", redaction.without(self._revealed, text))

        async def run() -> JsonValue:
            return await sandbox.run_code(source, inputs, on_print=heard)

        return await self.recorder.of("code", request, run, forms.JSON)

    async def http(  # noqa: PLR0913 - the parts of a request
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
        """One guarded request. The key is the same at every attempt, so that the other side can see a repetition."""
        request: JsonValue = {"method": method, "url": url, "headers": dict(headers), "body": body}

        async def ask() -> HttpReply:
            limits = Limits(seconds=timeout_seconds, redirects=redirects)
            return await self._http(method, url, headers, body, limits)

        team_id = self._by.team_id
        told = partial(breaking.tell, team_id)
        go = partial(resting.through, team_id, url, rest, ask, told) if rest else ask
        return await self.recorder.of("http", request, go, forms.REPLY)

    async def _http(
        self, method: str, url: str, headers: Mapping[str, str], body: JsonValue, limits: Limits
    ) -> HttpReply:
        parent = tracing.traceparent(self.run_id, f"{self.idempotency_key}:{self.attempt}")
        sent = {"Idempotency-Key": self.idempotency_key, "traceparent": parent, **headers}
        content = None
        if body is not None:
            content = body.encode() if isinstance(body, str) else orjson.dumps(body)
            kind = "text/plain; charset=utf-8" if isinstance(body, str) else "application/json"
            sent = {"Content-Type": kind, **sent}
        begun = time.perf_counter()
        try:
            reply = await http.request(method, url, headers=sent, content=content, limits=limits)
        except http.OutboundError as error:
            error.message = redaction.without(self._revealed, error.message)
            self._tell_call("warning", method, url, error.message)
            raise
        ms = round((time.perf_counter() - begun) * 1000)
        told = f"{reply.status} in {ms} ms, {len(reply.content):,} bytes"
        self._tell_call("warning" if reply.status >= 400 else "info", method, url, told)
        # Servers that echo what they were sent must not carry a secret into steps and events (SEC-12).
        answer = HttpReply(status=reply.status, headers=dict(reply.headers), body=reply.body())
        return redaction.of_reply(self._revealed, answer)

    def _tell_call(self, level: str, method: str, url: str, told: str) -> None:
        """A line for the step's log. What follows the path of an address may be a secret and is left out."""
        place = urlsplit(url)
        shown = f"{method} {place.scheme}://{place.netloc.rpartition('@')[2]}{place.path}: {told}"
        self.write(level, redaction.without(self._revealed, shown))

    async def document(self, source: str, *, characters: int, redirects: int = 3) -> Document:
        """What is in a file."""
        request: JsonValue = {"source": source, "characters": characters}

        async def read() -> Document:
            found = await documents.read(source, characters, redirects)
            return Document.model_validate(redaction.of_value(self._revealed, found.model_dump(mode="json")))

        return await self.recorder.of("document", request, read, forms.DOCUMENT)

    async def query(
        self, connection: str, statement: str, parameters: Sequence[JsonValue], rows: int
    ) -> JsonValue:
        """Rows of a database of the team's, whose address is a secret."""
        request: JsonValue = {
            "connection": connection,
            "statement": statement,
            "parameters": [*parameters],
            "rows": rows,
        }

        async def ask() -> JsonValue:
            address = await self.secret(connection)
            found = await databases.query(
                self._by.team_id, address, databases.Asked(statement, parameters, rows)
            )
            return redaction.of_value(self._revealed, found)

        return await self.recorder.of("query", request, ask, forms.JSON)

    async def server_tools(self, names: Sequence[str]) -> list[ServerTool]:
        """Tools of the team's servers as they were accepted when this try first asked."""
        request: JsonValue = {"tools": [*names]}
        return await self.recorder.of(
            "tools", request, lambda: tool_servers.offered(self._by.team_id, names), forms.TOOLS
        )

    async def use_server_tool(
        self, tool: ServerTool, arguments: Mapping[str, JsonValue], key: str
    ) -> JsonValue:
        """One call; agents record it with all their calls of tools."""
        try:
            found = await tool_servers.call(self._by.team_id, tool, arguments, key, self._revealed.add)
        except QuadrilleError as error:  # the server may say what it was sent
            error.message = redaction.without(self._revealed, error.message)
            raise
        return redaction.of_value(self._revealed, found)

    async def embed(self, texts: list[str]) -> list[list[float]]:
        """Unit-length embeddings from the inference worker."""
        return await self.recorder.of("embed", [*texts], lambda: client.embed(texts), forms.VECTORS)

    async def chat(
        self, model: str, messages: list[ChatMessage], options: Mapping[str, JsonValue]
    ) -> ChatReply:
        """A provider's model with the team's key, or a scripted one, which wants to know the attempt; or its fallbacks.

        One with guardrails is not heard while it speaks: its answer is checked first.
        """
        asked = {"attempt": self.attempt, **options}
        guard = guardrails.named(asked)
        asked.pop(guardrails.OPTION, None)
        request: JsonValue = {
            "model": model,
            "messages": [one.model_dump(mode="json") for one in messages],
            "options": dict(options),
        }

        heard: list[float] = []

        async def once(name: str) -> ChatReply:
            heard.clear()
            with self.speech.call(shown=guard is None) as hear:
                reply = await chat.ask(name, messages, asked, self.secret, timed(hear, heard))
            clean = redaction.of_answer(self._revealed, reply)
            return clean if guard is None else guard.kept(clean)

        async def ask() -> ChatReply:
            team_id = self._by.team_id
            told = partial(breaking.tell, team_id)
            return await chat_fallbacks.ask(model, options.get("fallbacks"), team_id, once, told)

        return await self.recorder.of("chat", request, ask, forms.ANSWER, heard)

    async def agent(self, name: str) -> tuple[AgentProfile, str, int]:
        """An agent of the team, in the version that this run asked first."""
        found = await self.recorder.of(
            "agent",
            {"agent": name},
            lambda: agents.ask(self._by.team_id, self.run_id, self._step, name),
            agents.FORM,
        )
        return found.profile, found.agent_id, found.version

    async def colleagues(self, names: Sequence[str]) -> list[Colleague]:
        """The team's agents that can be handed work."""

        async def ask() -> list[Colleague]:
            return await agents.colleagues_of(self._by.team_id, names)

        return await self.recorder.of("colleagues", [*names], ask, agents.COLLEAGUES)

    async def secret(self, name: str) -> str:
        """A secret of the team; raises SecretMissing naming it. Recorded answers need none."""
        if self.recorder.plays:
            return redaction.REDACTED
        known, until = self._secrets.get(name, ("", 0.0))
        if time.monotonic() >= until:
            known = await self._looked_up(name)
            self._secrets[name] = known, time.monotonic() + SECRET_SECONDS
        if isinstance(known, NotFound):
            raise known
        return known

    async def _looked_up(self, name: str) -> str | NotFound:
        async with db.database().reading() as session:
            try:
                value = await secrets.reveal(session, self._by.team_id, name)
            except NotFound as missing:
                return missing
        self._revealed.add(value)
        return value


async def _now() -> datetime:
    return clock.now()


def _recorded(run: RunToPlay, step: StepId, attempt: int) -> Load | None:
    """Where the recorded answers of this try are, for a node that takes them."""
    acting = run.acting
    if acting is None or acting.mode(step.node_id, step.path).mode != "recorded":
        return None
    return partial(remembered.recorded, db.database(), run.team_id, acting.source, step, attempt)


def context(run: RunToPlay, node: Node, step: StepId, attempt: int, scope: Scope) -> WorkerContext:
    """The engine's `ContextFactory`."""
    return WorkerContext(run, step, attempt, scope)


def acting_for(run: RunToPlay) -> Principal:
    """A run acts inside its team and may start what an operator may; it has nobody's ambient rights (SEC-22)."""
    return Principal(run.team_id, run.started_by, "run", ("operator",), "system", run.run_id)
