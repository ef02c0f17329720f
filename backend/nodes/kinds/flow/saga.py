"""Play the nodes inside as one whole: if it fails, or the run is cancelled, what they have done is undone.

A node inside names the node that undoes it (its compensation). Compensations stand beside the others without wires;
they are played in the reverse order in which the steps ended. In them, expressions read the undone step as
`compensated` (`node`, `input`, `output`) and the reason as `failure` (`code`, `message`).
The run goes on from `out` when all went well, and from `compensated` when all was undone; a saga without a wire from
there fails. When a compensation fails, people are asked: retry it, skip it, or give up.
"""

from pydantic import Field

from backend.nodes.kind import Duration, NodeConfig, NodeContext, RoleNames, Step, node


class Config(NodeConfig):
    """Settings; the engine plays the body by them."""

    roles: RoleNames = Field(
        default=("approver", "admin", "owner"),
        title="Who decides",
        min_length=1,
        description="Who is asked when a compensation fails for good.",
    )
    decide_within: Duration | None = Field(
        default=7 * 86_400.0,
        title="Decide within",
        description="After this time it is given up; empty means that the run waits for ever.",
    )


@node(
    title="Saga",
    group="Flow",
    icon="undo-2",
    role="saga",
    ports=("out", "compensated"),
    synonyms=("undo", "compensate", "transaction", "roll back"),
)
async def saga(config: Config, ctx: NodeContext) -> Step:
    """Nothing of its own: what it gives is what its body gives."""
    return Step(dict(ctx.inputs))
