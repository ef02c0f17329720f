"""What goes to a chat model and what comes back, as agents, nodes and models all see it."""

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, Field, JsonValue, SerializerFunctionWrapHandler, model_serializer

# Hears the pieces of an answer while it is made; all of them together are its text.
Hear = Callable[[str], None]


class _Sparse(BaseModel):
    """Leaves out what says nothing, so that what was recorded before a field was added reads and compares as before."""

    left_out: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _telling(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written: dict[str, Any] = write(self)
        return {n: v for n, v in written.items() if n not in self.left_out or v not in (None, "", [], ())}


class Tool(BaseModel):
    """A tool that a model may call; `parameters` is the JSON Schema of its arguments."""

    name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")
    description: str = ""
    parameters: dict[str, JsonValue] = {"type": "object", "properties": {}}


class ToolCall(BaseModel):
    """A model wants a tool to be called; the answer goes back as a message of the role `tool` with the same id."""

    id: str
    name: str
    arguments: dict[str, JsonValue]


class ChatMessage(_Sparse):
    """One message of a chat; `tool_calls` are the assistant's, `tool_call_id` says what a tool's message answers."""

    left_out = frozenset({"tool_calls", "tool_call_id"})
    role: Literal["system", "user", "assistant", "tool"]
    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""


class Failed(BaseModel):
    """A model that was asked before the one that answered, and why it did not."""

    model: str
    code: str
    why: str


class ChatReply(_Sparse):
    """A model's answer with what it cost; `cost` is in dollars, and none where the price is not known."""

    left_out = frozenset({"tool_calls", "cost", "tried", "withheld"})
    text: str
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    tool_calls: tuple[ToolCall, ...] = ()
    cost: float | None = None
    tried: tuple[Failed, ...] = ()
    withheld: str = ""
    """The words for which a guardrail has taken text and calls out of the answer."""
