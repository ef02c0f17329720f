"""Play another workflow of the team and give what it gives.

Its version is fixed when the run starts: the one that is named, or the latest that is published then. Played inside, its
steps are steps of this run. As a run of its own it has its own page, history and worker; this run waits without holding
anything, and cancelling it cancels the other. Where it fails, this node fails with a link to it.
"""

from typing import Literal

from pydantic import Field

from backend.nodes.fields import Assignment, assigned, only_input
from backend.nodes.kind import NodeConfig, NodeContext, Step, WorkflowName, node


class Config(NodeConfig):
    workflow: WorkflowName = Field(
        title="Workflow", min_length=1, description="Its short name, as in its address, or its id."
    )
    version: int | None = Field(
        default=None,
        title="Version",
        ge=1,
        description="The number of a published version; empty means the latest when the run starts.",
    )
    mode: Literal["inside", "own_run"] = Field(
        default="inside", title="Play it", description="As steps of this run, or as a run of its own."
    )
    fields: tuple[Assignment, ...] = Field(
        default=(),
        title="Input",
        max_length=100,
        description="What it gets; empty means what came in here.",
        json_schema_extra={"widget": "keyvalue"},
    )


@node(
    title="Sub-workflow",
    group="Flow",
    icon="network",
    role="call",
    summary="workflow",
    effects=("write",),
    synonyms=("call", "subflow", "nested", "reuse"),
)
async def sub_workflow(config: Config, ctx: NodeContext) -> Step:
    """The other's output; played inside, its input."""
    given = await assigned(ctx, config.fields) if config.fields else only_input(ctx)
    if config.mode == "inside":
        return Step(given)
    return Step(await ctx.call(config.workflow, config.version, given))
