"""The shapes of repairing a run under way: what is wished, what it would come to, and the trace that it leaves."""

from pydantic import BaseModel, ConfigDict, Field

from backend.core.plain_text import PlainText
from backend.runs.fork_schemas import Edit, StepPlan, StepRef

MOST = 100


class RepairRun(BaseModel):
    """All of it is done at once, to a paused run, which goes on with it when it is resumed."""

    model_config = ConfigDict(extra="forbid")
    version: PlainText | None = Field(
        default=None,
        max_length=100,
        description="Go on with `published`, `draft` or a version's id; none means the same.",
    )
    edits: list[Edit] = Field(
        default=[],
        max_length=MOST,
        description="Other outputs of steps that have ended. What hangs on them runs again.",
    )
    give: list[Edit] = Field(
        default=[],
        max_length=MOST,
        description="Steps that are skipped: they are not played but give this output.",
    )
    again: list[StepRef] = Field(
        default=[],
        max_length=MOST,
        description="Steps that have ended and are played again, with all behind them.",
    )
    note: PlainText = Field(default="", max_length=500, description="Why; it stands in the history.")
    dry_run: bool = Field(default=False, description="Change nothing; answer with the plan.")


class RepairPlan(BaseModel):
    """What a repair does. Nothing that has acted on the world is done again in the same run."""

    run_id: str
    version_id: str
    version_number: int | None
    kept: list[StepPlan] = Field(description="Steps whose result stands, edited ones among them.")
    again: list[StepPlan] = Field(description="Steps that are played again, or begun anew.")
    given: list[StepRef]
    may_play: list[str] = Field(description="Nodes that were not played before and may be now.")
    statement: str
