"""Keep what is to be played, and when: a kind whose settings hold a file and a line of cron."""

from pydantic import Field

from backend.nodes.kind import NodeConfig, NodeContext, Step, node
from backend.nodes.special import CronLine, File


class Config(NodeConfig):
    sound: File = Field(default="", title="Sound", description="What rings.")
    when: CronLine = Field(default="", title="When", description="How often it rings.")


@node(title="Ring", group="Data", icon="megaphone", summary="when")
async def ring(config: Config, ctx: NodeContext) -> Step:
    """The two settings."""
    del ctx
    return Step({"sound": config.sound, "when": config.when})
