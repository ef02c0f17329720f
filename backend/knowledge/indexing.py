"""Storing a text from a run, with transactions of its own: it is embedded before any begins."""

from pydantic import ValidationError

from backend.core import db
from backend.core.errors import Conflict, Invalid, Problem
from backend.identity.principal import Principal
from backend.knowledge import builtin, embedded, repository, service
from backend.knowledge.schemas import DocumentCreate
from backend.nodes.kind import Indexed


async def index(by: Principal, collection: str, source: str, title: str, text: str) -> Indexed:
    """Cut, embed and store a text; one of the same source is replaced, and a collection that is not there is made.

    Whoever drew the workflow could edit collections, and says by it what is written where.
    """
    by.require("workflow.read")
    document = await embedded.embed(_document(source, title, text))
    await builtin.ensure(by, collection)
    await _ensure(by, collection)
    async with db.database().transaction() as session:
        known = await service.get(session, by, collection)
        stored = await service.store(session, known, document)
    return Indexed(collection=known.slug, **stored.model_dump())


def _document(source: str, title: str, text: str) -> DocumentCreate:
    try:
        return DocumentCreate(source=source, title=title[:200], text=text)
    except ValidationError as wrong:
        problems = [Problem(one["msg"], place=str(one["loc"][0])) for one in wrong.errors()]
        raise Invalid("The text cannot be indexed.", problems=problems) from None


async def _ensure(by: Principal, collection: str) -> None:
    async with db.database().reading() as session:
        if await repository.find(session, by.team_id, collection):
            return
    try:
        async with db.database().transaction() as session:
            await service.make(session, by, collection)
    except Conflict:
        return  # another step was faster
