"""Settings that mean the same wherever agents work: what they may reach, who is asked, and how their models answer."""

from typing import Annotated

from pydantic import Field

from backend.nodes.agent_profile import NeverSay
from backend.nodes.kind import CollectionName, RoleNames, SecretName, WorkflowName
from backend.nodes.pii import PiiKind
from backend.nodes.tool import Effect

Collections = Annotated[
    tuple[CollectionName, ...],
    Field(title="Collections", max_length=20, description="That Retrieve may look into."),
]
Workflows = Annotated[
    tuple[WorkflowName, ...],
    Field(title="Workflows", max_length=20, description="That Workflow may call."),
]
Databases = Annotated[
    tuple[SecretName, ...],
    Field(title="Databases", max_length=20, description="Secrets with addresses that SQL may read from."),
]
AskFirstFor = Annotated[
    tuple[Effect, ...],
    Field(
        title="Ask first for what they do",
        description="Every tool that does one of these to the world must be allowed, too.",
    ),
]
Asked = Annotated[
    RoleNames,
    Field(
        title="Who is asked",
        min_length=1,
        description="Roles of the team, for “Ask first” and Ask a person.",
        json_schema_extra={"widget": "roles", "advanced": True},
    ),
]
Mask = Annotated[
    tuple[PiiKind, ...],
    Field(
        title="Mask personal data",
        description="Guardrail: the model does not get to read these, and no answer holds them.",
        json_schema_extra={"advanced": True},
    ),
]
MustNotSay = Annotated[
    NeverSay,
    Field(
        title="Must not say",
        description="Guardrail: an answer or a tool call with one of these words ends the work.",
        json_schema_extra={"advanced": True},
    ),
]
Temperature = Annotated[
    float,
    Field(
        title="Temperature",
        ge=0,
        le=2,
        description="0 is the most predictable.",
        json_schema_extra={"advanced": True},
    ),
]
AnswerTokens = Annotated[
    int,
    Field(
        title="Longest answer, tokens",
        ge=1,
        le=200_000,
        description="Of one turn.",
        json_schema_extra={"advanced": True},
    ),
]
