"""Ask people to approve, and let them correct what is proposed; the run waits as long as it takes.

Whoever has one of the roles may decide; the first decision counts. After the expiry the run leaves by expired.
"""

from datetime import timedelta

from pydantic import Field, JsonValue, model_validator

from backend.nodes.fields import FormField, defaults_of, resolved, schema_of
from backend.nodes.gives import Gives
from backend.nodes.kind import Duration, NodeConfig, NodeContext, Question, RoleNames, Step, Template, node


class ApprovalField(FormField):
    """A field that people may correct."""

    proposal: Template = Field(
        default="", title="Proposal", description="What is proposed, for example {{ nodes.draft.text }}."
    )


class Config(NodeConfig):
    title: Template = Field(
        default="Please approve",
        title="Title",
        min_length=1,
        description="One line in the list of approvals.",
    )
    message: Template = Field(default="", title="Message", description="What people need to know to decide.")
    fields: tuple[ApprovalField, ...] = Field(
        default=(),
        title="Form",
        max_length=50,
        description="What people see and may correct before they approve.",
        json_schema_extra={"widget": "fields"},
    )
    roles: RoleNames = Field(
        default=("approver", "admin", "owner"),
        title="Who may decide",
        min_length=1,
        description="Roles of the team.",
    )
    exclude_requester: bool = Field(
        default=False, title="Not by the requester", description="Whoever started the run may not decide."
    )
    expires_after: Duration | None = Field(
        default=None, title="Expires after", description="Then the run leaves by expired; empty means never."
    )

    @model_validator(mode="after")
    def _names_differ(self) -> "Config":
        names = [field.name for field in self.fields]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ValueError(f"two fields are called “{twice}”")
        return self


GIVES = Gives(fields={"verdict": "text", "values": "object", "comment": "text", "by": "text"})


@node(
    title="Human approval",
    group="People",
    icon="user-check",
    ports=("approved", "rejected", "expired"),
    summary="title",
    cacheable=False,
    synonyms=("review", "approve", "decision", "ask", "person"),
)
async def human_approval(config: Config, ctx: NodeContext) -> Step:
    """The decision, with the values as they were approved."""
    proposal = await _proposal(config, ctx)
    expires = await ctx.now() + timedelta(seconds=config.expires_after) if config.expires_after else None
    answer = await ctx.ask(
        Question(
            title=(await ctx.text(config.title))[:500],
            message=await ctx.text(config.message),
            form=schema_of(config.fields),
            proposal=proposal,
            roles=config.roles,
            exclude_requester=config.exclude_requester,
            expires_at=expires,
        )
    )
    values = proposal | answer.values if isinstance(answer.values, dict) else proposal
    return Step(
        {"verdict": answer.verdict, "values": values, "comment": answer.comment, "by": answer.by},
        leave_by=answer.verdict,
    )


async def _proposal(config: Config, ctx: NodeContext) -> dict[str, JsonValue]:
    found = defaults_of(config.fields)
    for field in config.fields:
        if field.proposal.strip():
            as_text = field.type in ("text", "long_text", "choice")
            found[field.name] = await (ctx.text(field.proposal) if as_text else resolved(ctx, field.proposal))
    return found
