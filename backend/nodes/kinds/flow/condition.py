"""Leave by yes or no, decided by rule rows or by one expression.

Rows compare a field with a value and need no language. An expression is Python, for example
`input.amount > 1000 and "refund" in input.text.lower()`.
"""

from typing import Literal

from pydantic import Field, model_validator

from backend.nodes import rules
from backend.nodes.gives import Gives
from backend.nodes.kind import Expression, NodeConfig, NodeContext, Step, node
from backend.nodes.rules import Rules


class Config(NodeConfig):
    by: Literal["rules", "expression"] = Field(
        default="rules", title="Decide by", description="Rows, or an expression."
    )
    rules: Rules = Field(
        default=Rules(),
        title="Rules",
        description="The rows that must hold to leave by yes.",
        json_schema_extra={"widget": "rules"},
    )
    expression: Expression = Field(
        default="", title="Expression", description="Leaves by yes when it is true."
    )

    @model_validator(mode="after")
    def _decidable(self) -> "Config":
        if self.by == "rules" and not self.rules.rows:
            raise ValueError("add at least one rule")
        if self.by == "expression" and not self.expression.strip():
            raise ValueError("enter the expression")
        return self


GIVES = Gives(fields={"result": "boolean"})


@node(
    title="Condition",
    group="Flow",
    icon="git-branch",
    ports=("yes", "no"),
    summary="rules",
    pure=True,
    synonyms=("if", "branch", "decide", "yes or no"),
)
async def condition(config: Config, ctx: NodeContext) -> Step:
    """Yes or no."""
    if config.by == "rules":
        holds = rules.holds(config.rules, ctx.scope)
    else:
        holds = bool(await ctx.value(config.expression))
    return Step({"result": holds}, leave_by="yes" if holds else "no")
