"""The team's server tools as runs use them: what models are told of, and calls that the pinned definition must match."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from backend.core import db
from backend.core.errors import Invalid, NotFound
from backend.identity import secrets
from backend.nodes.answers import ServerTool
from backend.tool_servers import pinning, repository, service, wire
from backend.tool_servers.wire import Place, Said

LONGEST = 200_000
"""Characters of a result that are kept; what a model is told of it is the agent's own limit."""


class ToolFailed(Invalid):
    """The tool says that it could not do it."""

    code, title = "tool_failed", "The tool failed"


async def offered(team_id: str, names: Sequence[str]) -> list[ServerTool]:
    """The accepted definitions; raises ToolOff or NotFound for what cannot be used."""
    async with db.database().reading() as session:
        found = await repository.called(session, team_id, names)
    told: list[ServerTool] = []
    for name in names:
        if name not in found:
            raise NotFound(
                f"There is no tool called “{name}”.", fix="Add its server under Settings, Tool servers."
            )
        tool, _ = found[name]
        pinning.require_on(tool)
        told.append(_told(tool.called, tool.accepted or {}, tool.effects, tool.accepted_digest))
    return told


async def call(
    team_id: str, tool: ServerTool, arguments: Mapping[str, Any], key: str, reveal: Callable[[str], None]
) -> JsonValue:
    """What the tool gives; `reveal` is told the secret that is sent. Raises ToolOff where the definition is another."""
    async with db.database().reading() as session:
        found = (await repository.called(session, team_id, [tool.name])).get(tool.name)
        if found is None:
            raise NotFound(f"There is no tool called “{tool.name}” any more.")
        row, server = found
        token = await secrets.reveal(session, team_id, server.secret) if server.secret else ""
    if token:
        reveal(token)
    if row.accepted_digest != tool.digest:
        raise pinning.ToolOff(
            f"The tool “{tool.name}” was accepted anew while this step went on.", fix="Run it again."
        )
    pinning.require_on(row)
    said = await wire.call(Place(server.address, token), row.name, tool.digest, arguments, key)
    if not isinstance(said, Said):
        async with db.database().transaction() as session:
            await service.see(session, server, row.name, said)
        row.seen_digest = said.digest() if said else ""
        pinning.require_on(row)
    return _given(said)


def _given(said: Any) -> JsonValue:
    if said.failed:
        raise ToolFailed(said.text[:2_000] or "The tool failed and said nothing.")
    if len(said.text) > LONGEST:
        left_out = len(said.text) - LONGEST
        return {"text": said.text[:LONGEST], "left_out": left_out}
    return {"text": said.text} if said.structured is None else {"text": said.text, "data": said.structured}


def _told(called: str, definition: Mapping[str, Any], effects: Sequence[str], digest: str) -> ServerTool:
    return ServerTool(
        name=called,
        title=str(definition.get("title") or called),
        description=str(definition.get("description") or ""),
        arguments=definition.get("schema") or {"type": "object"},
        effects=[*effects],
        digest=digest,
    )
