"""The shapes of the overview, the heat map and the alarms on the wire."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from backend.core.plain_text import PlainText
from backend.inference.breakers import Of, State
from backend.runs.alarms import System

AlarmKind = Literal[
    "consecutive_failures", "failure_rate", "error_count", "latency", "latency_spike", "cost_per_run", "cost",
    "no_activity", "no_worker", "plan_deviations", "providers_resting",
]  # fmt: skip


class Hour(BaseModel):
    """What ended in one hour."""

    at: datetime
    succeeded: int
    failed: int
    cancelled: int


class Device(BaseModel):
    """A living inference worker."""

    worker: str
    model: str
    precision: str
    waiting: int
    texts: int
    tokens_per_second: float = Field(description="Over the time in which it inferred.")
    memory_bytes: int


class BudgetOfTeam(BaseModel):
    """What all runs of a team may cost together in a time, and what they have."""

    most: float
    spent: float
    minutes: int


class Resting(BaseModel):
    """A provider or a server whose circuit breaker is not closed."""

    provider: str = Field(description="The provider of models, or host and port of the server.")
    of: Of = "models"
    state: State
    failures: int
    until: datetime | None
    why: str


class Overview(BaseModel):
    """How a team's runs stand, and the installation below them."""

    running: int
    waiting: int
    queued: int
    paused: int
    succeeded: int = Field(description="Ended in the last 24 hours.")
    failed: int
    success_rate: float | None = Field(description="Of what succeeded or failed; null where nothing did.")
    p50_seconds: float | None
    p95_seconds: float | None
    counted: int = Field(description="Of so many runs, the newest, are the durations.")
    hours: list[Hour]
    letters: dict[str, int] = Field(description="Open dead letters by reason.")
    open_approvals: int = Field(description="Those that wait for the caller.")
    unsent: int = Field(description="E-mails and calls of the installation that wait to be sent.")
    undelivered: list[str] = Field(description="What could not be sent at all.")
    system: System
    cost_today: float = Field(
        default=0.0, description="Dollars, of runs that began since midnight UTC, as far as prices are known."
    )
    cost_unknown: bool = Field(default=False, description="The price of some of their models is not known.")
    budget: BudgetOfTeam | None = Field(
        default=None,
        description="What the alarm on the cost of all runs together allows; the tightest of several.",
    )
    breakers: list[Resting] = Field(
        default=[], description="Providers of models and servers that are left alone."
    )
    devices: list[Device] | None = Field(description="Null while Redis does not answer.")


class NodeHeat(BaseModel):
    """How one node did in the newest runs."""

    node_id: str
    visits: int
    failed: int
    retried: int
    failure_rate: float
    p50_ms: float
    p95_ms: float
    cost: float = Field(default=0.0, description="Dollars in all these runs, as far as prices are known.")
    tokens: int = Field(default=0, description="What its models read and wrote in all these runs.")


class Heat(BaseModel):
    """The nodes of the version that runs, by what they did in the newest runs of it."""

    workflow_id: str
    version_id: str | None
    runs: int
    nodes: list[NodeHeat]


class AlarmWish(BaseModel):
    """What to look for. `threshold`: runs, percent, runs, seconds, times the mean, dollars, dollars, minutes, minutes, deviations: in the order of the kinds."""

    model_config = ConfigDict(extra="forbid")
    kind: AlarmKind
    workflow_id: PlainText | None = Field(default=None, max_length=100, description="Null means all.")
    threshold: float = Field(default=1, gt=0, le=1_000_000)
    minutes: int = Field(default=60, ge=1, le=10_080, description="What happened in so many minutes counts.")
    mail_to: list[Annotated[PlainText, Field(max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")]] = Field(
        default=[], max_length=20, description="Addresses of members."
    )
    webhook: PlainText = Field(default="", max_length=2000, pattern=r"^(https?://\S+)?$")
    webhook_format: Literal["json", "chat", "teams"] = Field(
        default="json",
        description="`chat` is what incoming webhooks of Slack, Mattermost and Rocket.Chat take: one `text`; `teams` is "
        "what a webhook of Teams' Workflows takes: a message with an Adaptive Card.",
    )
    quiet_minutes: int = Field(
        default=60, ge=1, le=10_080, description="After an alarm it is told again no sooner."
    )

    @model_validator(mode="after")
    def _percent(self) -> Self:
        if self.kind == "failure_rate" and self.threshold > 100:
            raise ValueError("a rate is at most 100 percent")
        return self


class AlarmPublic(AlarmWish):
    """The same as it stands."""

    model_config = ConfigDict(extra="ignore")
    id: str
    workflow_name: str
    created_at: datetime
    is_raised: bool
    message: str
    raised_at: datetime | None
    told_at: datetime | None


class AlarmPage(BaseModel):
    """All of a team."""

    items: list[AlarmPublic]
    next_cursor: None = None
