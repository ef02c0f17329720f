"""A kind as the API and the editor see it."""

from typing import Any, get_args

from pydantic import BaseModel

from backend.nodes.gives import Gives
from backend.nodes.kind import Group, Kind, NodeRole, Takes
from backend.nodes.tool import Tool

PALETTE: tuple[Group, ...] = get_args(Group)  # the sections of the palette, in their order


class PortsPublic(BaseModel):
    """The rule by which ports follow from settings."""

    fixed: tuple[str, ...]
    each: str | None
    name: str | None
    unless: str | None


class ToolPublic(BaseModel):
    """A tool as the inspector shows it."""

    name: str
    title: str
    description: str
    effects: list[str]
    needs: str
    arguments: dict[str, Any]


class KindPublic(BaseModel):
    """All that a palette card and an inspector form are drawn from."""

    name: str
    title: str
    group: Group
    icon: str
    help: str
    role: NodeRole
    summary: str
    version: int
    ports: PortsPublic
    schema_: dict[str, Any]
    defaults: dict[str, Any]
    gives: Gives | None
    synonyms: list[str]
    takes: Takes
    effects: list[str]
    cacheable: bool

    model_config = {"alias_generator": lambda name: name.rstrip("_"), "populate_by_name": True}


def public(kind: Kind) -> KindPublic:
    """The kind as plain data."""
    return KindPublic(
        name=kind.name,
        title=kind.title,
        group=kind.group,
        icon=kind.icon,
        help=kind.help,
        role=kind.role,
        summary=kind.summary,
        version=kind.version,
        ports=PortsPublic(
            fixed=kind.ports.fixed, each=kind.ports.each, name=kind.ports.name, unless=kind.ports.unless
        ),
        schema_=kind.config.model_json_schema(),
        defaults=defaults(kind),
        gives=kind.gives,
        synonyms=list(kind.synonyms),
        takes=kind.takes,
        effects=sorted(kind.effects),
        cacheable=kind.cacheable,
    )


def public_tool(tool: Tool) -> ToolPublic:
    """The tool as plain data."""
    return ToolPublic(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        effects=sorted(tool.effects),
        needs=tool.needs,
        arguments=tool.schema(),
    )


def defaults(kind: Kind) -> dict[str, Any]:
    """The settings of a fresh node: every field that has a default; what is missing must be filled in."""
    fields = kind.config.model_fields.items()
    given = {
        name: info.get_default(call_default_factory=True) for name, info in fields if not info.is_required()
    }
    return kind.config.model_construct(_fields_set=None, **given).model_dump(mode="json", include=set(given))
