"""Leave by the first case that fits, else by else.

Cases are told apart by one value (the fastest), by rule rows, or by an expression each.
"""

from typing import Literal

from pydantic import Field, JsonValue, model_validator

from backend.nodes import rules
from backend.nodes.fields import Part, require_port_names
from backend.nodes.gives import Gives
from backend.nodes.kind import Expression, NodeConfig, NodeContext, Ports, Step, node
from backend.nodes.rules import Rule, Rules


class Case(Part):
    """One way out."""

    name: str = Field(title="Name", min_length=1, max_length=60, description="The name of the port.")
    equals: JsonValue = Field(
        default=None,
        title="Equals",
        description="By value: what the value must equal; empty means the case's name.",
        json_schema_extra={"widget": "json"},
    )
    rules: Rules = Field(
        default=Rules(),
        title="Rules",
        description="By rules: the rows.",
        json_schema_extra={"widget": "rules"},
    )
    expression: Expression = Field(
        default="", title="Expression", description="By expression: true for this case."
    )


class Config(NodeConfig):
    by: Literal["value", "rules", "expression"] = Field(
        default="value",
        title="Decide by",
        description="One value, rows for each case, or an expression for each case.",
    )
    value: Expression = Field(
        default="", title="Value", description="By value: the expression whose value chooses the case."
    )
    cases: tuple[Case, ...] = Field(
        title="Cases",
        min_length=1,
        max_length=50,
        description="The ways out, tried from the top.",
        json_schema_extra={"widget": "cases"},
    )

    @model_validator(mode="after")
    def _decidable(self) -> "Config":
        require_port_names([case.name for case in self.cases], "case")
        if self.by == "value" and not self.value.strip():
            raise ValueError("enter the value that chooses the case")
        for case in self.cases:
            if self.by == "rules" and not case.rules.rows:
                raise ValueError(f"the case “{case.name}” has no rule")
            if self.by == "expression" and not case.expression.strip():
                raise ValueError(f"the case “{case.name}” has no expression")
        return self


GIVES = Gives(fields={"case": "text", "value": "any"})


@node(
    title="Switch",
    group="Flow",
    icon="split",
    pure=True,
    ports=Ports(("else",), each="cases", name="name"),
    summary="cases",
    synonyms=("case", "route", "branch", "if"),
)
async def switch(config: Config, ctx: NodeContext) -> Step:
    """The case that fits first."""
    value = await ctx.value(config.value) if config.by == "value" else None
    for case in config.cases:
        if await _fits(config.by, case, value, ctx):
            return Step({"case": case.name, "value": value}, leave_by=case.name)
    return Step({"case": None, "value": value}, leave_by="else")


async def _fits(by: str, case: Case, value: JsonValue, ctx: NodeContext) -> bool:
    if by == "expression":
        return bool(await ctx.value(case.expression))
    if by == "rules":
        return rules.holds(case.rules, ctx.scope)
    wanted = case.name if case.equals is None else case.equals
    return rules.holds(Rules(rows=(Rule(field="item", value=wanted),)), {"item": value})
