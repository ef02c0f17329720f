"""Check a text before it goes on: find personal data, mask or block it, turn phrases away, and bound its length.

Mail addresses, IBANs (with checksum), payment cards (with Luhn checksum), phone numbers and IP addresses are found by
their shape. Names and postal addresses are not found: this is a help, never a guarantee. Phrases turn away the plain attempts
at giving a model orders; against those in other words helps only that the model can do no harm.
"""

from collections import Counter
from typing import Literal

from pydantic import Field, JsonValue

from backend.nodes import guardrails, pii
from backend.nodes.agent_profile import NeverSay
from backend.nodes.gives import Gives
from backend.nodes.kind import NodeConfig, NodeContext, Step, Template, node
from backend.nodes.pii import PiiKind


class Config(NodeConfig):
    text: Template = Field(
        title="Text", min_length=1, description="What to check, for example {{ input.text }}."
    )
    find: tuple[PiiKind, ...] = Field(
        default=("email", "iban", "card", "phone", "ip"),
        title="Find",
        description="Sorts of personal data to look for.",
    )
    on_found: Literal["mask", "block"] = Field(
        default="mask",
        title="When found",
        description="Replace it by its sort, such as [email], or leave by blocked.",
    )
    phrases: NeverSay = Field(
        default=(),
        title="Turn away",
        description="Words such as “ignore your instructions”: a text that holds them leaves by blocked.",
    )
    max_length: int = Field(
        default=20_000,
        title="Longest text",
        ge=1,
        le=1_000_000,
        description="A longer text leaves by blocked.",
    )


GIVES = Gives(fields={"text": "text", "found": "object", "reason": "text"})


@node(
    title="Guard",
    group="AI",
    icon="shield-check",
    ports=("ok", "blocked"),
    summary="find",
    synonyms=("pii", "mask", "privacy", "filter"),
    takes="text",
)
async def guard(config: Config, ctx: NodeContext) -> Step:
    """The text, masked, with what was found."""
    text = await ctx.text(config.text)
    if len(text) > config.max_length:
        reason = f"The text has {len(text)} characters; {config.max_length} are allowed."
        return Step({"text": text[: config.max_length], "found": {}, "reason": reason}, leave_by="blocked")
    if said := guardrails.forbidden(text, config.phrases):
        return Step({"text": "", "found": {}, "reason": f"The text says “{said}”."}, leave_by="blocked")
    found = pii.find(text, config.find)
    counts: dict[str, JsonValue] = dict(Counter(one.kind for one in found))
    masked = pii.masked(text, found)
    if found and config.on_found == "block":
        reason = f"The text holds personal data: {', '.join(counts)}."
        return Step({"text": masked, "found": counts, "reason": reason}, leave_by="blocked")
    return Step({"text": masked, "found": counts, "reason": ""}, leave_by="ok")
