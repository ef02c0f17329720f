"""The tool servers of a team: named, looked at, their tools accepted by a person, and forgotten."""

from collections.abc import Sequence

from backend.core import clock, db, ids
from backend.core.db import Session
from backend.core.errors import Conflict, Invalid, NotFound, Problem, QuadrilleError
from backend.identity import audit, secrets
from backend.identity.principal import Principal
from backend.tool_servers import pinning, repository, wire
from backend.tool_servers.models import ServerTool, ToolServer
from backend.tool_servers.pinning import Definition
from backend.tool_servers.schemas import Accepting, ServerCreate, ServerPublic, ServerToolPublic
from backend.tool_servers.wire import Place

MOST_SERVERS = 50
DEFAULT_EFFECTS = ("external",)


class NameTaken(Conflict):
    """Another server of the team has the name."""

    code, title = "tool_server_taken", "The name is taken"


class Outdated(Conflict):
    """The definition is another one by now."""

    code, title = "tool_changed", "It changed meanwhile"


async def list_(session: Session, by: Principal) -> list[ServerPublic]:
    """The team's servers with their tools."""
    by.require("workflow.read")
    tools = await repository.tools(session, by.team_id)
    rows = await repository.servers(session, by.team_id)
    return [_public(row, [tool for tool in tools if tool.server_id == row.id]) for row in rows]


async def get(session: Session, by: Principal, name: str) -> ServerPublic:
    """One server by name."""
    by.require("workflow.read")
    row = await _found(session, by, name)
    return _public(row, await repository.tools(session, by.team_id, row.id))


async def add(by: Principal, wish: ServerCreate) -> ServerPublic:
    """Name a server and look at it; its tools wait to be accepted. One that does not answer is kept with its problem."""
    by.require("tool.manage")
    async with db.database().transaction() as session:
        known = await repository.servers(session, by.team_id)
        if any(row.name == wish.name for row in known):
            raise NameTaken(
                f"There is a tool server called “{wish.name}” already.", fix="Choose another name."
            )
        if len(known) >= MOST_SERVERS:
            raise Invalid(f"A team may have {MOST_SERVERS} tool servers.", fix="Remove one that is not used.")
        row = ToolServer(
            id=ids.new("tsrv"),
            team_id=by.team_id,
            name=wish.name,
            address=wish.address,
            secret=wish.secret,
            created_by=by.account_id,
            created_at=clock.now(),
        )
        session.add(row)
        await session.flush()
        await audit.record(
            session, by, "tool_server.added", row.id, {"name": row.name, "address": row.address}
        )
    return await look(by, wish.name)


async def look(by: Principal, name: str) -> ServerPublic:
    """Ask the server for its tools and compare them with what was accepted. The database is not held meanwhile."""
    by.require("tool.manage")
    async with db.database().reading() as session:
        row = await _found(session, by, name)
        server_id = row.id
        found, problem = None, ""
        try:
            place = Place(row.address, await _token(session, row))
        except QuadrilleError as wrong:
            place, problem = None, f"{wrong.message} {wrong.fix}".strip()
    if place is not None:
        try:
            found = await wire.definitions(place)
        except QuadrilleError as wrong:
            problem = f"{wrong.message} {wrong.fix}".strip()
    async with db.database().transaction() as session:
        row = await _found(session, by, name)
        if row.id == server_id:
            await _note(session, row, found, problem)
        return await get(session, by, name)


async def accept(session: Session, by: Principal, name: str, wish: Accepting) -> ServerPublic:
    """From now on models are told of these definitions and may call them; all are accepted or none."""
    by.require("tool.manage")
    row = await _found(session, by, name)
    known = {tool.name: tool for tool in await repository.tools(session, by.team_id, row.id)}
    for number, one in enumerate(wish.tools):
        tool = known.get(one.name)
        if tool is None or not tool.seen_digest:
            problem = Problem(
                f"“{name}” offers no tool “{one.name}”.", f"tools[{number}].name", "Look at it again."
            )
            raise Invalid(problem.message, problems=[problem])
        if tool.seen_digest != one.digest:
            raise Outdated(f"The definition of “{one.name}” is another one by now.", fix="Look at it again.")
        tool.accepted, tool.accepted_digest = tool.seen, tool.seen_digest
        tool.accepted_by, tool.accepted_at = by.account_id, clock.now()
        if one.effects is not None:
            tool.effects = sorted(set(one.effects))
        session.add(tool)
        about = {"server": name, "tool": one.name, "digest": one.digest, "effects": tool.effects}
        await audit.record(session, by, "tool.accepted", row.id, about)
    await session.flush()
    return await get(session, by, name)


async def remove(session: Session, by: Principal, name: str) -> None:
    """Forget a server with its tools; agents that have them are told that they are gone."""
    by.require("tool.manage")
    row = await _found(session, by, name)
    for tool in await repository.tools(session, by.team_id, row.id):
        await session.delete(tool)
    await session.flush()
    await session.delete(row)
    await audit.record(session, by, "tool_server.removed", row.id, {"name": name})


async def see(session: Session, server: ToolServer, name: str, found: Definition | None) -> None:
    """A run met another definition than the accepted one: the tool is off from now on."""
    for tool in await repository.tools(session, server.team_id, server.id):
        if tool.name == name:
            tool.seen = found.plain() if found else None
            tool.seen_digest = found.digest() if found else ""
            session.add(tool)


async def _note(session: Session, row: ToolServer, found: list[Definition] | None, problem: str) -> None:
    row.looked_at, row.problem = clock.now(), problem[:1000]
    session.add(row)
    if found is None:
        return
    fitting = {one.name: one for one in found if not one.is_large() and len(one.name) <= 300}
    if left_out := len(found) - len(fitting):
        row.problem = f"{left_out} of its tools have definitions that are too large, or a name twice, and were left out."
    known = {tool.name: tool for tool in await repository.tools(session, row.team_id, row.id)}
    for name in sorted(fitting.keys() - known.keys()):
        called = pinning.called(row.name, name, {tool.called for tool in known.values()})
        known[name] = ServerTool(
            server_id=row.id, name=name, team_id=row.team_id, called=called, effects=[*DEFAULT_EFFECTS]
        )
    for name, tool in known.items():
        one = fitting.get(name)
        tool.seen, tool.seen_digest = (one.plain(), one.digest()) if one else (None, "")
        session.add(tool)
    await session.flush()


async def _token(session: Session, row: ToolServer) -> str:
    return await secrets.reveal(session, row.team_id, row.secret) if row.secret else ""


async def _found(session: Session, by: Principal, name: str) -> ToolServer:
    if row := await repository.server(session, by.team_id, name):
        return row
    raise NotFound("There is no such tool server.", fix="Look at the list of tool servers.")


def _public(row: ToolServer, tools: Sequence[ServerTool]) -> ServerPublic:
    listed = [
        ServerToolPublic(
            name=tool.name,
            called=tool.called,
            state=pinning.state(tool),
            effects=[*tool.effects],  # pyright: ignore[reportArgumentType] - checked as it is read
            digest=tool.seen_digest,
            accepted=tool.accepted,
            seen=tool.seen,
            accepted_by=tool.accepted_by,
            accepted_at=tool.accepted_at,
        )
        for tool in tools
    ]
    return ServerPublic(**row.model_dump(exclude={"team_id", "created_by"}), tools=listed)
