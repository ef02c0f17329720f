"""A handful of kinds of one's own, so that these tests say what a kind is like instead of depending on the shipped ones."""

from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, Field

from backend.nodes.kind import Expression, Kind, NodeConfig, NodeContext, Ports, Step, Template


class Empty(NodeConfig):
    pass


class Say(NodeConfig):
    text: Template = Field("", title="Text")
    secret: str = Field("", title="Secret", json_schema_extra={"widget": "secret"})


class Label(BaseModel):
    name: str = Field(title="Label", min_length=1)
    examples: list[str] = Field([], title="Examples")


class Sort(NodeConfig):
    labels: list[Label] = Field([], title="Labels")
    text: Template = Field("", title="Text")


class Ask(NodeConfig):
    roles: list[str] = Field(["approver"], title="Roles")


class Test(NodeConfig):
    when: Expression = Field("true", title="When")


async def play(config: Any, ctx: NodeContext) -> Step:
    raise NotImplementedError


def kind(name: str, config: type[NodeConfig] = Empty, **more: Any) -> Kind:
    group: Literal["Flow", "People"] = more.pop("group", "Flow")
    return Kind(name, name.title(), group, "box", config, play, **more)


KINDS = MappingProxyType(
    {
        made.name: made
        for made in (
            kind("start", role="start"),
            kind("output", role="end", ports=Ports(())),
            kind("say", Say),
            kind("sort", Sort, ports=Ports(("else",), each="labels", name="name")),
            kind("test", Test, ports=Ports(("yes", "no"))),
            kind("ask", Ask, group="People", ports=Ports(("approved", "rejected"))),
            kind("join", role="join"),
            kind("map", role="map"),
            kind("loop", role="loop"),
            kind("saga", role="saga", ports=Ports(("out", "compensated"))),
            kind("note", role="note", ports=Ports(())),
            kind("group", role="group", ports=Ports(())),
        )
    }
)
