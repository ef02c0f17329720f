"""Tools of the team's own servers as an agent has them: told by their accepted definitions, called by their pinned hash."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, get_args

from pydantic import ConfigDict, JsonValue

from backend.nodes.kind import NodeContext, ServerTool
from backend.nodes.tool import Arguments, Bounds, Effect, Tool
from backend.nodes.tool_registry import all_tools

_NAME = re.compile(r"[a-z][a-z0-9-]{0,23}__[A-Za-z0-9_-]{1,60}")
_EFFECTS: tuple[Effect, ...] = get_args(Effect)
_EXTERNAL: frozenset[Effect] = frozenset(["external"])


class Anything(Arguments):
    """What the server itself will check: a schema that others write is not run here."""

    model_config = ConfigDict(extra="allow", frozen=True)


def is_name(name: str) -> bool:
    """Whether it can be the name of a server's tool; shipped ones are never called like that."""
    return len(name) <= 64 and _NAME.fullmatch(name) is not None


async def tools(names: Iterable[str], ctx: NodeContext) -> dict[str, Tool]:
    """Those among the names that are of servers; raises what keeps one from being used."""
    wanted = [name for name in names if is_name(name)]
    return {one.name: _tool(one) for one in await ctx.server_tools(wanted)} if wanted else {}


async def chosen(names: Sequence[str], ctx: NodeContext) -> dict[str, Tool]:
    """The tools of an agent by name: those of this installation and those of the team's servers."""
    known = {**all_tools(), **await tools(names, ctx)}
    return {name: known[name] for name in names if name in known}


def _tool(one: ServerTool) -> Tool:
    async def use(arguments: Any, ctx: NodeContext, bounds: Bounds) -> JsonValue:
        given: dict[str, JsonValue] = arguments.model_dump(mode="json")
        return await ctx.use_server_tool(one, given, f"{ctx.idempotency_key}:{bounds.call}")

    effects: frozenset[Effect] = frozenset([effect for effect in _EFFECTS if effect in one.effects])
    return Tool(
        name=one.name,
        title=one.title,
        description=one.description,
        arguments=Anything,
        use=use,
        effects=effects or _EXTERNAL,
        form=dict(one.arguments),
    )
