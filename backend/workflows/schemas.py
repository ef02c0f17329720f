"""The shapes of workflows on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from backend.core.plain_text import PlainText
from backend.workflows.foreign.sketch import Report

Name = Annotated[PlainText, Field(min_length=1, max_length=200)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WorkflowCreate(_In):
    """A new workflow without a diagram of one's own: empty, or from a template."""

    name: Name | None = None
    template: PlainText | None = None


class WorkflowRename(_In):
    """What may change without touching the diagram."""

    name: Name | None = None
    description: Annotated[PlainText, Field(max_length=10_000)] | None = None
    slug: Annotated[str, Field(pattern=r"^[^\W_]+(-[^\W_]+)*$", max_length=60)] | None = None


class PublishRequest(_In):
    """What people write when they publish or restore."""

    message: Annotated[PlainText, Field(max_length=2_000)] = ""


class VersionName(_In):
    """How a version of the draft is called that is kept without publishing it."""

    name: Name
    message: Annotated[PlainText, Field(max_length=2_000)] = ""


class WorkflowPublic(BaseModel):
    """A workflow as lists and pages show it."""

    id: str
    slug: str
    name: str
    description: str
    created_by: str
    created_at: datetime
    edited_by: str
    edited_at: datetime
    published_version_id: str | None
    published_number: int | None = None
    edited_since_published: bool = False
    begins_itself: bool = Field(default=False, description="Events or times begin runs of what is published.")
    next_run_at: datetime | None = Field(default=None, description="When it begins next by the clock.")
    starts_paused_at: datetime | None = Field(
        default=None, description="Since then neither events nor times begin runs of it."
    )
    archived_at: datetime | None


class WorkflowImported(BaseModel):
    """What became of an imported file."""

    workflow: WorkflowPublic
    report: Report


class WorkflowPage(BaseModel):
    """A page of the list, last edited first; `next_cursor` is None on the last one."""

    items: list[WorkflowPublic]
    next_cursor: str | None = None


class SchedulePublic(BaseModel):
    """Times at which the published version begins, and the next of them."""

    cron: str
    zone: str
    missed: str
    while_running: str
    next: list[datetime]


class SchedulePage(BaseModel):
    """All of a workflow."""

    items: list[SchedulePublic]


class ProblemPublic(BaseModel):
    """One thing that is wrong with a diagram."""

    message: str
    place: str
    fix: str
    code: str
    node_id: str | None
    severity: str
    line: int | None = None
    column: int | None = None


class CheckResult(BaseModel):
    """All problems of a draft; it can be published when `ok`."""

    ok: bool
    problems: list[ProblemPublic]


class VersionPublic(BaseModel):
    """A version in the history; the diagram comes with a single one only."""

    id: str
    workflow_id: str
    number: int | None
    name: str
    digest: str
    message: str
    created_by: str
    created_at: datetime
    diagram: dict[str, Any] | None = None


class VersionPage(BaseModel):
    """The history, newest first."""

    items: list[VersionPublic]


class FieldChangePublic(BaseModel):
    """One field of a part; a side that lacks it has null."""

    path: str
    before: Any
    after: Any


class ChangePublic(BaseModel):
    """One part that differs; `moved` is true as well for a changed node that also stands elsewhere."""

    what: Literal["workflow", "sample", "node", "wire"]
    how: Literal["added", "removed", "changed", "moved"]
    id: str
    name: str
    fields: list[FieldChangePublic]
    moved: bool


class ComparisonPublic(BaseModel):
    """Two diagrams and what differs between them."""

    before: dict[str, Any] | None
    after: dict[str, Any] | None
    changes: list[ChangePublic]


class TemplatePublic(BaseModel):
    """A template in the gallery."""

    name: str
    title: str
    description: str
    tags: list[str]
    node_count: int
    samples: list[str]
    diagram: dict[str, Any] | None = None


class TemplatePage(BaseModel):
    """The gallery."""

    items: list[TemplatePublic]
