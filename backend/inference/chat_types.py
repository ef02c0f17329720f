"""What goes to a chat model and what comes back, as nodes and models both see it."""

from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel

# Hears the pieces of an answer while it is made; all of them together are its text.
Hear = Callable[[str], None]


class ChatMessage(BaseModel):
    """One message of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


class ChatReply(BaseModel):
    """A model's answer with what it cost."""

    text: str
    model: str
    input_tokens: int = 0
    output_tokens: int = 0
