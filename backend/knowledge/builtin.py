"""Copies the collections that ship with the product to a team when it first uses one."""

import asyncio

from backend.core import db
from backend.core.errors import Conflict
from backend.identity.principal import Principal
from backend.knowledge import embedded, repository, service, shipped
from backend.knowledge.embedded import EmbeddedDocument


async def ensure(by: Principal, name: str) -> None:
    """Copy a shipped collection to the team, unless it is there already or none of ours."""
    slug = shipped.slug_of(name)
    if slug is None:
        return
    async with db.database().reading() as session:
        if await repository.find(session, by.team_id, slug):
            return
    documents = await _embedded(slug)
    try:
        async with db.database().transaction() as session:
            made = await service.make(session, by, shipped.NAMES[slug], slug=slug, builtin=True)
            for document in documents:
                await service.store(session, made, document)
    except Conflict:
        return  # another run of the team was faster


async def _embedded(slug: str) -> list[EmbeddedDocument]:
    documents = await asyncio.to_thread(shipped.documents_of, slug)
    return list(await asyncio.gather(*(embedded.embed(document) for document in documents)))
