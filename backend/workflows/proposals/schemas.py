"""The shapes of proposals on the wire."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from backend.core.plain_text import PlainText
from backend.workflows.schemas import ComparisonPublic, ProblemPublic


class Failed(BaseModel):
    """A step that went wrong, to be explained and mended."""

    model_config = ConfigDict(extra="forbid")
    node_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
    code: Annotated[PlainText, Field(max_length=100)] = ""
    message: Annotated[PlainText, Field(max_length=4_000)] = ""


class ProposalRequest(BaseModel):
    """What somebody wants: in words, or a failed step to be mended."""

    model_config = ConfigDict(extra="forbid")
    sentence: Annotated[PlainText, Field(max_length=4_000)] = Field(
        default="", description="For example: make me a workflow that answers support mails."
    )
    failure: Failed | None = None
    model: Annotated[str, Field(max_length=200)] = Field(
        default="", description="A chat model by its name; empty matches templates, offline."
    )
    template: Annotated[str, Field(max_length=100)] = Field(
        default="", description="Offline: this template instead of the nearest one."
    )
    script: Annotated[str, Field(max_length=100_000)] = Field(
        default="", description="What `scripted/script` says, for tests and demonstrations."
    )


class TemplateChoice(BaseModel):
    """A template that is near to the sentence; `score` is from 0 to 1."""

    name: str
    title: str
    score: float


class ProposalPublic(BaseModel):
    """What is proposed: never applied by itself. Without changes, `told` says why."""

    source: Literal["model", "templates", "rules", "plan"]
    model: str = ""
    told: str = Field(description="What the proposal does, or why there is none.")
    comparison: ComparisonPublic
    problems: list[ProblemPublic] = Field(
        default=[], description="What is still wrong with the proposed diagram."
    )
    choices: list[TemplateChoice] = []
