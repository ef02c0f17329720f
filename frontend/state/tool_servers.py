"""What the page of tool servers shows and does: servers, their tools, and definitions to accept."""

from dataclasses import dataclass, field

import reflex as rx
from pydantic import ValidationError

from backend.tool_servers import comparing, service
from backend.tool_servers.schemas import Accepted, Accepting, ServerCreate, ServerPublic, ServerToolPublic
from frontend.rules import allows
from frontend.state import dialog, edge
from frontend.state.iso import iso

_NAMES = "Use up to 24 small letters, digits and -, beginning with a letter."
EFFECTS = ("read", "write", "external", "code", "money")


@dataclass
class ToolRow:
    """A tool in the list, with what is to be looked at before it is accepted."""

    server: str
    name: str
    called: str
    title: str
    description: str
    state: str
    effects: list[str]
    digest: str
    shown: str
    waits: bool


@dataclass
class ServerRow:
    """A server with its tools."""

    name: str
    address: str
    secret: str
    problem: str
    looked: str
    waiting: int
    tools: list[ToolRow] = field(default_factory=list)


class ToolServers(rx.State):
    """Shown on one page; what may be done is decided by the service each time."""

    loaded: bool = False
    rows: rx.Field[list[ServerRow]] = rx.field(default_factory=list)
    may_manage: bool = False

    @rx.event
    @allows("workflow.read")
    async def load(self):
        """All of the team."""
        async with edge.reading() as (session, by):
            found = await service.list_(session, by)
            self.may_manage = by.may("tool.manage")
        self.rows = [_row(one) for one in found]
        self.loaded = True

    @rx.event
    @allows("tool.manage")
    async def add(self, form: dict[str, str]):
        """Name a server and look at it."""
        wish = _wish(form)
        async with edge.reading() as (_, by):
            acting = by
        made = await service.add(acting, wish)
        told = (
            rx.toast.warning(made.problem)
            if made.problem
            else rx.toast.success("Look at its tools and accept them.")
        )
        return [dialog.DONE, ToolServers.load, told]

    @rx.event
    @allows("tool.manage")
    async def look(self, name: str):
        """Ask it for its tools again."""
        async with edge.reading() as (_, by):
            acting = by
        found = await service.look(acting, name)
        told = rx.toast.warning(found.problem) if found.problem else rx.toast.success(f"{name} answers.")
        return [ToolServers.load, told]

    @rx.event
    @allows("tool.manage")
    async def accept(self, form: dict[str, str]):
        """Accept one definition, as it was shown, for what it is said to do."""
        server, name, digest = (form.get(part, "") for part in ("server", "tool", "digest"))
        effects = [one for one in EFFECTS if form.get(one)]
        wish = Accepting(tools=[Accepted(name=name, digest=digest, effects=effects or ["external"])])  # pyright: ignore[reportArgumentType]
        async with edge.writing() as (session, by):
            await service.accept(session, by, server, wish)
        return [dialog.DONE, ToolServers.load]

    @rx.event
    @allows("tool.manage")
    async def remove(self, name: str):
        """Forget a server."""
        async with edge.writing() as (session, by):
            await service.remove(session, by, name)
        return ToolServers.load


def _row(one: ServerPublic) -> ServerRow:
    tools = [_tool(one.name, tool) for tool in one.tools]
    return ServerRow(
        name=one.name,
        address=one.address,
        secret=one.secret,
        problem=one.problem,
        looked=iso(one.looked_at),
        waiting=sum(tool.waits for tool in tools),
        tools=tools,
    )


def _tool(server: str, tool: ServerToolPublic) -> ToolRow:
    now = tool.seen or tool.accepted or {}
    return ToolRow(
        server=server,
        name=tool.name,
        called=tool.called,
        title=now.get("title") or tool.name,
        description=now.get("description") or "",
        state=tool.state,
        effects=[*tool.effects],
        digest=tool.digest,
        shown=comparing.shown(tool.accepted, tool.seen),
        waits=tool.state in ("new", "changed"),
    )


def _wish(form: dict[str, str]) -> ServerCreate:
    """What was typed; raises Invalid with the words of the field."""
    try:
        return ServerCreate.model_validate(
            {name: form.get(name, "") for name in ("name", "address", "secret")}
        )
    except ValidationError as wrong:
        field_name = wrong.errors()[0]["loc"][0]
    if field_name == "name":
        raise dialog.wrong("name", "This is not a name.", _NAMES)
    raise dialog.wrong("address", "This is not an address.", "Write https://… or stdio:NAME.")
