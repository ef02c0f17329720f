"""Ask people to approve, and let them correct what is proposed; the run waits as long as it takes.

Whoever has one of the roles may decide, or, where members are named, only they; the first decision counts, or as
many approvals as are needed. After the expiry the run leaves by expired.
"""

from datetime import datetime

from pydantic import Field, JsonValue, model_validator

from backend.nodes.fields import FormField, defaults_of, resolved, schema_of
from backend.nodes.gives import Gives
from backend.nodes.kind import (
    Duration,
    NodeConfig,
    NodeContext,
    Priority,
    Question,
    RoleNames,
    Step,
    Template,
    node,
)
from backend.nodes.working_hours import Hours, after

_MORE: dict[str, JsonValue] = {"advanced": True}


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
    members: Template = Field(
        default="",
        title="Only these members",
        description="Their e-mail addresses with commas between; empty means everybody with one of the roles.",
    )
    needed: int = Field(
        default=1,
        ge=1,
        le=20,
        title="Approvals needed",
        description="So many different people must approve; one rejection is enough to reject.",
    )
    exclude_requester: bool = Field(
        default=False, title="Not by the requester", description="Whoever started the run may not decide."
    )
    expires_after: Duration | None = Field(
        default=None, title="Expires after", description="Then the run leaves by expired; empty means never."
    )
    priority: Priority = Field(
        default="normal", title="Priority", description="Urgent ones stand first in the list of approvals."
    )
    remind_every: Duration | None = Field(
        default=None,
        title="Remind every",
        ge=60,
        description="Until somebody decides; empty means never.",
        json_schema_extra=_MORE,
    )
    escalate_after: Duration | None = Field(
        default=None,
        title="Escalate after",
        description="Then those to whom it is escalated may decide, too.",
        json_schema_extra=_MORE,
    )
    escalate_to: RoleNames = Field(
        default=("admin", "owner"),
        title="Escalate to",
        description="Roles of the team.",
        json_schema_extra=_MORE,
    )
    working_hours: str = Field(
        default="",
        title="Working hours",
        max_length=100,
        description="Expiry, reminders and escalation count only these, for example Mon-Fri 09:00-17:00 Europe/Berlin.",
        json_schema_extra=_MORE,
    )
    mail: bool = Field(
        default=True,
        title="E-mail them",
        description="Whoever may decide gets a link to the page, where the installation can send mail.",
        json_schema_extra=_MORE,
    )

    @model_validator(mode="after")
    def _names_differ(self) -> "Config":
        names = [field.name for field in self.fields]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ValueError(f"two fields are called “{twice}”")
        if self.working_hours:
            Hours(self.working_hours)
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
    waits = config.expires_after or config.escalate_after
    now = await ctx.now() if waits else None
    answer = await ctx.ask(
        Question(
            title=(await ctx.text(config.title))[:500],
            message=await ctx.text(config.message),
            form=schema_of(config.fields),
            proposal=proposal,
            roles=config.roles,
            members=await _members(config, ctx),
            needed=config.needed,
            exclude_requester=config.exclude_requester,
            expires_at=_after(now, config.expires_after, config),
            priority=config.priority,
            remind_every=config.remind_every,
            escalate_at=_after(now, config.escalate_after, config),
            escalate_to=config.escalate_to if config.escalate_after else (),
            hours=config.working_hours,
            mail=config.mail,
        )
    )
    values = proposal | answer.values if isinstance(answer.values, dict) else proposal
    return Step(
        {"verdict": answer.verdict, "values": values, "comment": answer.comment, "by": answer.by},
        leave_by="expired" if answer.verdict == "withdrawn" else answer.verdict,
    )


def _after(now: datetime | None, seconds: float | None, config: Config) -> datetime | None:
    return after(now, seconds, config.working_hours) if now and seconds else None


async def _members(config: Config, ctx: NodeContext) -> tuple[str, ...]:
    if not config.members.strip():
        return ()
    found = (await ctx.text(config.members)).replace(";", ",").split(",")
    return tuple(dict.fromkeys(one.strip().lower() for one in found if one.strip()))


async def _proposal(config: Config, ctx: NodeContext) -> dict[str, JsonValue]:
    found = defaults_of(config.fields)
    for field in config.fields:
        if field.proposal.strip():
            as_text = field.type in ("text", "long_text", "choice")
            found[field.name] = await (ctx.text(field.proposal) if as_text else resolved(ctx, field.proposal))
    return found
