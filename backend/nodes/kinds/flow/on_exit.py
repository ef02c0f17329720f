"""Inside a State: what stands behind this is played when the state is left, after its transition has been chosen.

It gives the chosen transition by name, the state's result and the event that was taken.
"""

from backend.nodes.kind import NodeConfig, NodeContext, Step, node


class Config(NodeConfig):
    pass


@node(title="On exit", group="Flow", icon="log-out", role="exit", synonyms=("leave", "clean up"))
async def on_exit(config: Config, ctx: NodeContext) -> Step:
    """What the exit is about."""
    names = ("transition", "previous", "event")
    return Step({name: ctx.scope.get(name) for name in names})
