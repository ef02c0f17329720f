"""Searching from a run or a page, with transactions of its own: the question is embedded before any begins."""

from backend.core import db, json
from backend.identity.principal import Principal
from backend.inference import client
from backend.knowledge import builtin, service
from backend.nodes.kind import Passage


async def search(by: Principal, collection: str, query: str, limit: int = 4) -> list[Passage]:
    """The passages of a collection closest in meaning to the query, best first.

    `collection` is a slug, id or name. A collection that ships with the product is copied to the team on first use.
    Raises NotFound for an unknown collection and Unavailable where no inference worker answers.
    """
    by.require("workflow.read")
    json.require(query, "query")
    await builtin.ensure(by, collection)
    async with db.database().reading() as session:
        await service.get(session, by, collection)  # an unknown collection costs no embedding
    (row,) = await client.embed_array([query], priority="high")
    async with db.database().reading() as session:
        return await service.nearest(session, by, collection, row, limit)
