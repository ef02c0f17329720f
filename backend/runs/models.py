"""Tables of runs: the run, its numbered history, its steps, what was sent to it, and big values by content."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Index, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.core.columns import Json, UtcDateTime


class RunFields(SQLModel):
    """What a run's row holds. A run to be, of many that start at once, is no more than this: cheap to make."""

    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    workflow_id: str = Field(foreign_key="workflow.id", index=True)
    version_id: str = Field(foreign_key="version.id")
    status: str = "queued"
    shown_as: str | None = None  # where the status alone does not tell it; see `runs.schemas.Shown`
    trigger: str = "manual"
    started_by: str
    idempotency_key: str | None = None
    input: Any = Field(default=None, sa_column=Column(Json))
    output: Any = Field(default=None, sa_column=Column(Json))
    error: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))
    last_seq: int = 0
    bytes: int = Field(default=0, sa_type=BigInteger)  # about what its rows and blobs take
    token: int = 0
    worker_id: str | None = Field(default=None, index=True)
    attempts: int = 0
    wake_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    priority: str = "normal"
    rank_at: datetime | None = Field(
        default=None, sa_type=UtcDateTime
    )  # claimed in this order; see `runs.limits`
    cancel_requested: bool = False
    pause_requested: bool = False
    parent_run_id: str | None = Field(default=None, index=True)
    parent_key: str | None = Field(
        default=None, index=True
    )  # where its parent waits for its end; None once told
    parent_step: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))
    calls: dict[str, str] | None = Field(default=None, sa_column=Column(Json))  # versions of sub-workflows
    forked_from_run_id: str | None = Field(default=None, index=True)
    forked_at: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))  # node, path, visit
    acting: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))  # see `runs.acting`
    diverged: dict[str, Any] | None = Field(
        default=None, sa_column=Column(Json)
    )  # where a replay first differs
    breakpoints: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))  # see `runs.breakpoints`
    created_at: datetime = Field(sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Run(RunFields, table=True):
    """One execution of one version. `token` fences writers: it grows at every claim."""

    __table_args__ = (
        UniqueConstraint("team_id", "idempotency_key"),
        Index("run_claimable", "status", "wake_at"),
        Index("run_by_team", "team_id", "created_at"),
    )


class RunTag(SQLModel, table=True):
    """A word on a run, by which it is found."""

    __tablename__ = "run_tag"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("run_tag_by_word", "team_id", "tag"),)
    run_id: str = Field(foreign_key="run.id", primary_key=True)
    tag: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id")


class RunView(SQLModel, table=True):
    """A filter of the list of runs that somebody keeps."""

    __tablename__ = "run_view"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("team_id", "account_id", "name"),)
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    account_id: str
    name: str
    query: str
    shared: bool = False
    created_at: datetime = Field(sa_type=UtcDateTime)


class RunEvent(SQLModel, table=True):
    """One numbered row of a run's history, written in the transaction of the state it tells of."""

    __tablename__ = "run_event"  # pyright: ignore[reportAssignmentType]
    run_id: str = Field(foreign_key="run.id", primary_key=True)
    seq: int = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    at: datetime = Field(sa_type=UtcDateTime)
    kind: str
    node_id: str | None = None
    path: str = ""
    visit: int = 1
    attempt: int = 1
    data: dict[str, Any] = Field(default_factory=dict, sa_column=Column(Json, nullable=False))


class StepRecord(SQLModel, table=True):
    """One visit of one node: what it got, what it gave. Written once when it ends, never rewritten."""

    __tablename__ = "step"  # pyright: ignore[reportAssignmentType]
    run_id: str = Field(foreign_key="run.id", primary_key=True)
    node_id: str = Field(primary_key=True)
    path: str = Field(default="", primary_key=True)
    visit: int = Field(default=1, primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    status: str
    attempt: int = 1
    port: str | None = None
    input: Any = Field(default=None, sa_column=Column(Json))
    output: Any = Field(default=None, sa_column=Column(Json))
    error: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))
    started_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class EffectRecord(SQLModel, table=True):
    """What one try of a step asked of the world and what it got; without secrets, so that it can be given again."""

    __tablename__ = "effect"  # pyright: ignore[reportAssignmentType]
    run_id: str = Field(foreign_key="run.id", primary_key=True)
    node_id: str = Field(primary_key=True)
    path: str = Field(default="", primary_key=True)
    visit: int = Field(default=1, primary_key=True)
    attempt: int = Field(default=1, primary_key=True)
    n: int = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    kind: str
    digest: str  # of the request
    result: Any = Field(default=None, sa_column=Column(Json))
    of_output: bool = False  # the result is the step's output, which is not stored twice
    error: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))
    request: Any = Field(default=None, sa_column=Column(Json))  # to be looked at; not of every kind
    ms: float | None = None
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None  # dollars, by the prices of that moment
    first_ms: float | None = None  # until the first piece of a model's answer


class InboxItem(SQLModel, table=True):
    """Something sent to a waiting step (a decision, a signal); the key lets each be sent once."""

    __tablename__ = "inbox_item"  # pyright: ignore[reportAssignmentType]
    run_id: str = Field(foreign_key="run.id", primary_key=True)
    key: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    payload: Any = Field(default=None, sa_column=Column(Json))
    at: datetime = Field(sa_type=UtcDateTime)


class TeamEvent(SQLModel, table=True):
    """Something that a step or a program told the whole team; `payload` is what a waiting step gets of it."""

    __tablename__ = "team_event"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("team_event_by_name", "team_id", "name", "key", "at"),)
    id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    name: str
    key: str = ""
    payload: Any = Field(default=None, sa_column=Column(Json))
    type: str = ""  # of what Quadrille itself tells, such as run.failed
    at: datetime = Field(sa_type=UtcDateTime)
    sent_on: bool = Field(default=False, index=True)  # those who waited for it have got it


class EventWait(SQLModel, table=True):
    """A step that waits for an event; a row lets an event find it, wherever the run is."""

    __tablename__ = "event_wait"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("event_wait_by_name", "team_id", "name", "key"),)
    run_id: str = Field(foreign_key="run.id", primary_key=True)
    node_id: str = Field(primary_key=True)
    path: str = Field(default="", primary_key=True)
    visit: int = Field(default=1, primary_key=True)
    number: int = Field(default=0, primary_key=True)  # a step may wait several times
    team_id: str = Field(foreign_key="team.id", index=True)
    name: str
    key: str = ""
    over: bool = False  # it has got one; of Quadrille's own events it is told on until the run ends


class EventDelivery(SQLModel, table=True):
    """An event on its way to a workflow that begins with it; the key lets each begin one run."""

    __tablename__ = "event_delivery"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (
        Index("event_delivery_due", "status", "due_at"),
        Index("event_delivery_by_key", "trigger_id", "key"),
    )
    event_id: str = Field(primary_key=True)
    trigger_id: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id", index=True)
    status: str = "due"  # waiting (for a run of its key), started, passed_over, dead
    tries: int = 0
    due_at: datetime = Field(sa_type=UtcDateTime)
    key: str | None = None  # by which one waits for another; not known before it is looked at
    depth: int = 0  # how many runs, each begun by the one before, stand in this chain
    run_id: str | None = Field(default=None, foreign_key="run.id", index=True)
    given: dict[str, Any] | None = Field(default=None, sa_column=Column(Json))  # by who redrove it
    redriven_by: str = ""


class StepCache(SQLModel, table=True):
    """The result of a step for others of the team with the same kind, settings and inputs; big values are references."""

    __tablename__ = "step_cache"  # pyright: ignore[reportAssignmentType]
    team_id: str = Field(foreign_key="team.id", primary_key=True)
    key: str = Field(primary_key=True)
    port: str | None = None
    output: Any = Field(default=None, sa_column=Column(Json))
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)


class Blob(SQLModel, table=True):
    """A piece of values over a few KB (see `engine.chunks`), stored once a team under its SHA-256."""

    team_id: str = Field(foreign_key="team.id", primary_key=True)
    digest: str = Field(primary_key=True)
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)


class BlobUse(SQLModel, table=True):
    """A run whose rows need a blob; a blob that no run uses any more is removed with the last run that did."""

    __tablename__ = "blob_use"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("blob_use_of", "digest"), {"sqlite_with_rowid": False})
    run_id: str = Field(foreign_key="run.id", primary_key=True)
    digest: str = Field(primary_key=True)
    team_id: str = Field(foreign_key="team.id")


class Retention(SQLModel, table=True):
    """How long a team keeps its finished runs; 0 is for ever. A team without a row keeps them as the installation does."""

    __tablename__ = "run_retention"  # pyright: ignore[reportAssignmentType]
    team_id: str = Field(foreign_key="team.id", primary_key=True)
    days: int
    per_workflow: int


class RunLimit(SQLModel, table=True):
    """How many runs of a workflow, or with no workflow of the whole team, are played at once, and how urgent they are."""

    __tablename__ = "run_limit"  # pyright: ignore[reportAssignmentType]
    team_id: str = Field(foreign_key="team.id", primary_key=True)
    workflow_id: str = Field(default="", primary_key=True)
    at_once: int | None = None
    priority: str = "normal"


class Worker(SQLModel, table=True):
    """A process that plays runs; the one table of the installation rather than of a team."""

    id: str = Field(primary_key=True)
    host: str
    pid: int
    started_at: datetime = Field(sa_type=UtcDateTime)
    lease_until: datetime = Field(sa_type=UtcDateTime)
    live_runs: int = 0
