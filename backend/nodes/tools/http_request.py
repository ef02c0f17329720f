"""Send a request to a web address and read the answer; only the hosts that the node names are reached."""

from typing import Literal

from pydantic import Field, JsonValue

from backend.nodes.hosts import ANY, require_host
from backend.nodes.kind import NodeContext
from backend.nodes.tool import Arguments, Bounds, tool

_SECONDS = 20.0


class Wanted(Arguments):
    url: str = Field(min_length=8, max_length=2_000, description="A full address, with http:// or https://.")
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"] = Field(
        default="GET", description="What to do."
    )
    body: JsonValue = Field(default=None, description="What is sent: JSON, or a text.")


@tool(title="HTTP request", effects=("external",), needs="hosts")
async def http_request(arguments: Wanted, ctx: NodeContext, bounds: Bounds) -> JsonValue:
    """Status and body of the answer."""
    require_host(arguments.url, bounds.hosts)
    reply = await ctx.http(
        arguments.method,
        arguments.url,
        headers={"Idempotency-Key": f"{ctx.idempotency_key}:{bounds.call}"},
        body=arguments.body,
        timeout_seconds=_SECONDS,
        redirects=3 if ANY in bounds.hosts else 0,  # else a host could send us on to one that is not named
    )
    return {"status": reply.status, "body": reply.body}
