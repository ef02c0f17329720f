"""Rows and values as the shapes that REST answers."""

from collections.abc import Mapping
from dataclasses import asdict

from backend.core.errors import Problem
from backend.workflows import check, compare
from backend.workflows.diagram import Diagram
from backend.workflows.models import Version, Workflow
from backend.workflows.schemas import (
    ChangePublic,
    CheckResult,
    ComparisonPublic,
    ProblemPublic,
    TemplatePublic,
    VersionPublic,
    WorkflowPublic,
)
from backend.workflows.service import Live
from backend.workflows.templates import Template


def public(workflow: Workflow, lives: Mapping[str, Live] | None = None) -> WorkflowPublic:
    """A workflow; `lives` knows what is published of it."""
    fields = workflow.model_dump(exclude={"team_id"})
    live = (lives or {}).get(workflow.id, Live())
    return WorkflowPublic(
        **fields,
        published_number=live.number,
        edited_since_published=live.edited_since,
        begins_itself=live.begins_itself,
        next_run_at=live.next_run_at,
    )


def version(row: Version, *, whole: bool = False) -> VersionPublic:
    """A version, with its diagram when `whole`."""
    return VersionPublic(**row.model_dump(exclude=None if whole else {"diagram"}))


def comparison(before: Diagram, after: Diagram, *, whole: bool = True) -> ComparisonPublic:
    """What differs between two diagrams, with both when `whole`."""
    return ComparisonPublic(
        before=before.model_dump(mode="json") if whole else None,
        after=after.model_dump(mode="json") if whole else None,
        changes=[ChangePublic.model_validate(asdict(change)) for change in compare.changes(before, after)],
    )


def check_result(problems: list[Problem]) -> CheckResult:
    """Problems for people and editors."""
    shown = [ProblemPublic(**asdict(problem)) for problem in problems]
    return CheckResult(ok=not check.errors(problems), problems=shown)


def template(found: Template, *, whole: bool = False) -> TemplatePublic:
    """A template, with its diagram when `whole`."""
    return TemplatePublic(
        name=found.name,
        title=found.diagram.name,
        description=found.diagram.description,
        tags=list(found.tags),
        node_count=len(found.diagram.nodes),
        samples=list(found.diagram.samples),
        diagram=found.diagram.model_dump(mode="json") if whole else None,
    )
