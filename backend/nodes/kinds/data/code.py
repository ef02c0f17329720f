"""Run Python in the sandbox; the value of the last expression is the output.

A subset of Python without packages, files, network or clock tricks: json, re, math, datetime, random, decimal, csv and
dataclasses are there. What expressions read (`input`, `nodes`, in a body `item`, in a compensation `compensated`, …) are
variables, and so are the values below. `sleep` returns at once: use Wait. At most 10 seconds and 256 MB.
"""

import re

from pydantic import Field

from backend.nodes.expression_words import SCOPE_NAMES
from backend.nodes.fields import Assignment, assigned
from backend.nodes.kind import Code, NodeConfig, NodeContext, Step, node


class Config(NodeConfig):
    source: Code = Field(
        title="Code",
        min_length=1,
        description="The last line is the result, for example {'total': sum(rows)}.",
    )
    variables: tuple[Assignment, ...] = Field(
        default=(),
        title="Variables",
        max_length=50,
        description="More names for the code.",
        json_schema_extra={"widget": "keyvalue"},
    )


@node(
    title="Code",
    group="Data",
    icon="code",
    summary="source",
    effects=("code",),
    synonyms=("python", "script", "function", "transform"),
)
async def code(config: Config, ctx: NodeContext) -> Step:
    """The value of the last expression."""
    named = {name: ctx.scope.get(name) for name in SCOPE_NAMES if re.search(rf"\b{name}\b", config.source)}
    return Step(await ctx.code(config.source, named | await assigned(ctx, config.variables)))
