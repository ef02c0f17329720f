"""The shapes of acting on a run: what a fork, a retry and a replay ask for, and the plan that a dry run answers with."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from backend.core.plain_text import PlainText
from backend.engine.acting import Mode, NodeMode
from backend.engine.ports import StepId
from backend.runs.fork_split import Why


class StepRef(BaseModel):
    """One visit of one node; `path` names the enclosing containers, `rows:3/again:1`, and is empty at the root."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    node_id: PlainText = Field(max_length=100)
    path: PlainText = Field(default="", max_length=2000)
    visit: int = Field(default=1, ge=1, le=1_000_000)

    def step(self) -> StepId:
        """As the engine names it."""
        return StepId(self.node_id, self.path, self.visit)


class Edit(StepRef):
    """Another output for a step, and the port it leaves by where that shall change."""

    output: JsonValue = None
    port: PlainText | None = Field(default=None, max_length=100)


class _Acting(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    version: PlainText | None = Field(
        default=None,
        max_length=100,
        description="`published`, `draft` or a version's id; none means the same.",
    )
    modes: dict[PlainText, NodeMode] = Field(
        default={},
        max_length=1000,
        description="By node id; of a node that the Sub-workflow CALL plays inside, by CALL/NODE.",
    )
    dry_run: bool = Field(default=False, description="Change nothing; answer with the plan.")


class ForkRun(_Acting):
    """`from` and everything that hangs on it runs again; what hangs on an edited output runs again, too."""

    from_: StepRef | None = Field(default=None, alias="from")
    edits: list[Edit] = Field(default=[], max_length=200)
    settings: dict[PlainText, dict[PlainText, JsonValue]] = Field(
        default={},
        max_length=50,
        description='Other settings by node id, such as `{"ask": {"model": …}}`: played from a snapshot of the version.',
    )
    mode: Literal["live", "recorded"] = Field(
        default="live", description="For nodes that `modes` does not name."
    )


class RetryRun(_Acting):
    """Go on from the step that failed; `from_start` plays everything again."""

    from_start: bool = False
    input: JsonValue = Field(
        default=None,
        description="Another input, where it is given: all is played from the start, with the same idempotency keys.",
    )
    mode: Literal["live", "recorded"] = "live"


class ReplayRun(_Acting):
    """Play it again from its start with what was recorded; nothing goes out unless `modes` says live."""


class StepPlan(StepRef):
    """A step of the run and what becomes of it."""

    name: str
    why: Why | None = Field(default=None, description="Why it runs again; none when it stands.")


class SideEffect(BaseModel):
    """A node that does something to the world when the fork plays it."""

    node_id: str = Field(description="As `modes` names it: CALL/NODE for one that is played inside CALL.")
    name: str
    kind: str
    effects: list[str]
    mode: Mode
    again: int = Field(description="How many of its steps were done before and will be done again.")
    statement: str


class ForkPlan(BaseModel):
    """What a fork would do."""

    run_id: str
    version_id: str
    version_number: int | None
    kept: list[StepPlan]
    again: list[StepPlan]
    may_play: list[str] = Field(description="Nodes that were not played before and may be now.")
    side_effects: list[SideEffect]
    statement: str = Field(description="The side effects in one sentence.")
