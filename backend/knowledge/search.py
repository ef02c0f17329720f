"""Searching from a run or a page, with transactions of its own: the question is embedded before any begins."""

from backend.core import db, json
from backend.identity.principal import Principal
from backend.inference import client
from backend.knowledge import builtin, finding, service
from backend.nodes.kind import FoundBy, Passage


async def search(
    by: Principal, collection: str, query: str, limit: int = 4, found_by: FoundBy = "meaning"
) -> list[Passage]:
    """The passages of a collection that answer the query best, best first.

    `collection` is a slug, id or name. A collection that ships with the product is copied to the team on first use.
    Raises NotFound for an unknown collection and, by meaning, Unavailable where no inference worker answers.
    """
    by.require("workflow.read")
    json.require(query, "query")
    await builtin.ensure(by, collection)
    async with db.database().reading() as session:
        known = await service.get(session, by, collection)  # an unknown collection costs no embedding
        if found_by == "words":
            return await finding.by_words(session, known, query, limit)
        if found_by == "neighbours":
            return await finding.by_neighbours(session, known, query, limit)
    (row,) = await client.embed_array([query], priority="high")
    async with db.database().reading() as session:
        return await finding.by_meaning(session, await service.get(session, by, collection), row, limit)
