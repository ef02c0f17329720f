"""Send a request to a web address and read the answer.

Private and special addresses are refused unless the operator allows them; at most three redirects are followed.
A stored secret can be sent as bearer token or header; expressions never see it. Each step sends an `Idempotency-Key`,
the same again when it is retried. With a circuit breaker, a server that fails again and again (no answer, 429, 5xx) is
left alone for a while by all runs of the team: the step then fails at once, and its error port leads round the server.
"""

from typing import Literal

from pydantic import Field, JsonValue, model_validator

from backend.core import json
from backend.core.errors import Invalid, Unavailable
from backend.nodes.answers import Rest
from backend.nodes.fields import Header, resolved
from backend.nodes.gives import Gives
from backend.nodes.kind import Duration, NodeConfig, NodeContext, SecretName, Step, Template, node


class Config(NodeConfig):
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] = Field(
        default="GET", title="Method", description="What to do there."
    )
    url: Template = Field(
        title="Address",
        min_length=1,
        description="A full address, for example https://api.example/orders/{{ input.id }}.",
    )
    headers: tuple[Header, ...] = Field(
        default=(),
        title="Headers",
        max_length=50,
        description="More headers.",
        json_schema_extra={"widget": "keyvalue"},
    )
    send: Literal["nothing", "json", "text"] = Field(
        default="nothing", title="Send", description="What the body is."
    )
    body: Template = Field(
        default="",
        title="Body",
        description="For JSON: one expression alone, or JSON text with {{ value | json }} holes.",
    )
    auth: Literal["none", "bearer", "header"] = Field(
        default="none", title="Sign in", description="How the secret is sent."
    )
    auth_header: str = Field(
        default="X-API-Key",
        title="Header of the secret",
        pattern=r"^[A-Za-z0-9-]{1,100}$",
        description="For header.",
    )
    secret: SecretName = Field(
        default="", title="Secret", description="The name of a stored secret of the team."
    )
    timeout_seconds: float = Field(
        default=10.0,
        title="Timeout, seconds",
        gt=0,
        le=120,
        description="For the whole exchange.",
        json_schema_extra={"advanced": True},
    )
    fail_on_status: bool = Field(
        default=True,
        title="Fail on errors",
        description="Statuses of 400 and above fail the step.",
        json_schema_extra={"advanced": True},
    )

    rest_after: int | None = Field(
        default=None,
        title="Circuit breaker: failures in a row",
        ge=1,
        le=1000,
        description="Then the server is left alone by all runs of the team; empty means never.",
        json_schema_extra={"advanced": True},
    )
    rest_for: Duration = Field(
        default=60.0,
        title="Circuit breaker: rest",
        description="After that one request tries it.",
        json_schema_extra={"advanced": True},
    )

    @model_validator(mode="after")
    def _secret_named(self) -> "Config":
        if self.auth != "none" and not self.secret:
            raise ValueError("choose the secret to sign in with")
        return self


_PASSING = frozenset({408, 425, 429})


class BadStatus(Invalid):
    """The other side answered with an error."""

    code, title = "http_status", "The request was answered with an error"


class Troubled(Unavailable):
    """The other side is in trouble of its own, or wants us to slow down: another try may well succeed."""

    code, title = BadStatus.code, BadStatus.title


GIVES = Gives(fields={"status": "number", "headers": "object", "body": "any"})


@node(
    title="HTTP request",
    group="Integrations",
    icon="globe",
    summary="url",
    effects=("external",),
    synonyms=("api", "rest", "url", "fetch", "webhook", "call"),
)
async def http_request(config: Config, ctx: NodeContext) -> Step:
    """Status, headers and body of the answer."""
    url = (await ctx.text(config.url)).strip()
    headers = {header.name: await ctx.text(header.value) for header in config.headers}
    if config.auth != "none":
        secret = await ctx.secret(config.secret)
        headers |= (
            {"Authorization": f"Bearer {secret}"} if config.auth == "bearer" else {config.auth_header: secret}
        )
    reply = await ctx.http(
        config.method,
        url,
        headers=headers,
        body=await _body(config, ctx),
        timeout_seconds=config.timeout_seconds,
        rest=Rest(config.rest_after, config.rest_for) if config.rest_after else None,
    )
    if config.fail_on_status and reply.status >= 400:
        shown = json.dumps(reply.body)[:300]
        kind = Troubled if reply.status >= 500 or reply.status in _PASSING else BadStatus
        raise kind(f"The server answered {reply.status}: {shown}", status=reply.status)
    return Step(reply.model_dump(mode="json"))


async def _body(config: Config, ctx: NodeContext) -> JsonValue:
    """None sends nothing, text is sent as text, anything else as JSON."""
    if config.send == "nothing":
        return None
    if config.send == "text":
        return await ctx.text(config.body)
    value = await resolved(ctx, config.body)
    parsed = json.parse(value, "the body") if isinstance(value, str) else value
    if parsed is None or isinstance(parsed, str):
        raise Invalid("The body is not a JSON object or list.", fix="Give an object, or send it as text.")
    return parsed
