"""What a tool of agents is: a form of its arguments, what it does to the world, and one async function."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, JsonValue, WithJsonSchema

from backend.core.errors import Invalid
from backend.nodes.kind import NodeContext

Effect = Literal["read", "write", "external", "code", "money"]
Number = Annotated[Decimal, WithJsonSchema({"type": "number"})]  # exact, whatever JSON makes of it


class Arguments(BaseModel):
    """Base of what a model gives to a tool; a field that the tool does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Refused(Invalid):
    """A tool cannot do what it was asked for; the model is told why."""

    code, title = "tool_refused", "The tool refuses"


@dataclass(frozen=True)
class Bounds:
    """How far the node lets its tools reach, and the name of this call, which is the same when it is made again."""

    hosts: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()
    roles: tuple[str, ...] = ("approver", "admin", "owner")
    databases: tuple[str, ...] = ()
    call: str = ""


Use = Callable[[Any, NodeContext, Bounds], Awaitable[JsonValue]]


@dataclass(frozen=True)
class Tool:
    """A registered tool. `name` is its file's name, permanent in saved diagrams and agents."""

    name: str
    title: str
    description: str  # for people and models alike
    arguments: type[Arguments]
    use: Use
    effects: frozenset[Effect] = frozenset()
    needs: str = ""  # the part of `Bounds` without which it reaches nothing
    waits: bool = False  # for people or other runs: not the agent's own time
    form: dict[str, Any] | None = None  # the schema of its arguments, where others wrote it

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of its arguments."""
        return self.form if self.form is not None else self.arguments.model_json_schema()


def tool(
    *, title: str, effects: tuple[Effect, ...] = (), needs: str = "", waits: bool = False
) -> Callable[[Use], Tool]:
    """Turn the one async function of a tool's file into the tool; name and description come from the file itself."""

    def register(use: Use) -> Tool:
        module = inspect.getmodule(use)
        if module is None:
            raise TypeError(f"{use} must be defined at the top of a module")
        return Tool(
            name=module.__name__.rpartition(".")[2],
            title=title,
            description=inspect.getdoc(module) or "",
            arguments=inspect.signature(use).parameters["arguments"].annotation,
            use=use,
            effects=frozenset(effects),
            needs=needs,
            waits=waits,
        )

    return register
