"""Play states one after the other, from the initial state until a final one, along the wires between them.

Only States stand inside. The result is the final state's id as `state`, its result as `output`, and the number of
`transitions`. A machine that does not end within its bound fails.
"""

from pydantic import Field

from backend.nodes.kind import NodeConfig, NodeContext, Step, node


class Config(NodeConfig):
    """Settings; the engine plays the states by them."""

    max_transitions: int = Field(
        default=100,
        title="At most",
        ge=1,
        le=10_000,
        description="The machine fails when it needs more transitions than this.",
    )


@node(
    title="State machine",
    group="Flow",
    icon="workflow",
    role="machine",
    synonyms=("states", "fsm", "flow chart"),
)
async def state_machine(config: Config, ctx: NodeContext) -> Step:
    """Nothing to decide here: the states do."""
    return Step(None)
