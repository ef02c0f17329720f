"""What people do with collections: make them and fill them."""

import re
import unicodedata

from backend.core import clock, ids, json, once
from backend.core.db import Session
from backend.core.errors import Conflict, NotFound, TooLarge
from backend.identity.principal import Principal
from backend.inference import client
from backend.knowledge import repository, shipped
from backend.knowledge.embedded import EmbeddedDocument, Ready
from backend.knowledge.models import Collection, Passage
from backend.knowledge.schemas import MAX_PASSAGES, CollectionPublic, DocumentPublic
from backend.knowledge.split import BELOW


async def list_(session: Session, by: Principal) -> list[CollectionPublic]:
    """The team's collections by name, with the shipped ones that it has not used yet."""
    by.require("workflow.read")
    own = [
        CollectionPublic(**one.model_dump(exclude={"team_id"}), documents=documents, passages=passages)
        for one, documents, passages in await repository.collections(session, by.team_id)
    ]
    taken = {one.slug for one in own}
    offered = [shipped.offered(slug) for slug in shipped.NAMES if slug not in taken]
    return sorted(own + offered, key=lambda one: one.name.casefold())


async def get(session: Session, by: Principal, name: str) -> Collection:
    """A collection by id, slug or name."""
    by.require("workflow.read")
    found = await repository.find(session, by.team_id, name)
    if found is None:
        raise NotFound(
            f"There is no collection {name!r} in this team.",
            fix="Choose one of the list, or make it first.",
        )
    return found


async def create(session: Session, by: Principal, name: str) -> Collection:
    """A new, empty collection; its slug is what diagrams refer to."""
    by.require("knowledge.edit")
    json.require(name, "body.name")
    return await make(session, by, name)


async def make(
    session: Session, by: Principal, name: str, *, slug: str = "", builtin: bool = False
) -> Collection:
    """The same for a run, or for what ships with the product; raises Conflict where there is one."""
    made = Collection(
        id=ids.new("col"),
        team_id=by.team_id,
        slug=slug or slug_of(name),
        name=name.strip(),
        builtin=builtin,
        created_at=clock.now(),
    )
    if not await once.insert(session, made, unique=("team_id", "slug")):
        raise Conflict(f"There is a collection {made.slug!r} already.", fix="Choose another name.")
    return made


async def delete(session: Session, by: Principal, name: str) -> None:
    """Remove a collection with all its documents."""
    by.require("knowledge.edit")
    found = await repository.find(session, by.team_id, name)
    if found.builtin if found else shipped.slug_of(name):
        raise Conflict(
            "This collection ships with the product and would be back at its next use.",
            fix="Make a collection of your own and name that one in the nodes.",
        )
    await repository.forget(session, await get(session, by, name))


async def documents(session: Session, by: Principal, name: str) -> list[DocumentPublic]:
    """What a collection holds, or will hold once a shipped one is used."""
    by.require("workflow.read")
    slug = shipped.slug_of(name)
    if slug and await repository.find(session, by.team_id, name) is None:
        return list(shipped.contents(slug))
    found = await repository.documents(session, await get(session, by, name))
    return [
        DocumentPublic(source=source, title=title.partition(BELOW)[0], passages=count)
        for source, title, count in found
    ]


async def add(session: Session, by: Principal, name: str, document: EmbeddedDocument) -> DocumentPublic:
    """Store a document; an older one of the same source is replaced."""
    by.require("knowledge.edit")
    return await store(session, await get(session, by, name), document)


async def store(session: Session, collection: Collection, document: EmbeddedDocument) -> DocumentPublic:
    """Write the passages of a document, within the collection's limit."""
    others = await repository.size(session, collection, without=document.source)
    if others + len(document.passages) > MAX_PASSAGES:
        raise TooLarge(
            f"{collection.name} would have {others + len(document.passages):,} passages; {MAX_PASSAGES:,} are allowed.",
            fix="Put the document into another collection, or remove old ones.",
        )
    await repository.forget_document(session, collection, document.source)
    kept = [_passage(collection, document.source, *one) for one in enumerate(document.passages)]
    session.add_all(kept)
    await session.flush()
    terms = [one.terms for one in document.passages]
    await repository.remember(session, collection, [one.id for one in kept], terms)
    title = document.passages[0].piece.title.partition(BELOW)[0]
    return DocumentPublic(source=document.source, title=title, passages=len(document.passages))


def _passage(collection: Collection, source: str, position: int, ready: Ready) -> Passage:
    return Passage(
        id=ids.new("psg"),
        team_id=collection.team_id,
        collection_id=collection.id,
        source=source,
        title=ready.piece.title,
        position=position,
        text=ready.piece.text,
        words=ready.terms.words.total(),
        model=client.MODEL,
        embedding=ready.embedding,
    )


async def remove_document(session: Session, by: Principal, name: str, source: str) -> None:
    """Remove one document of a collection."""
    by.require("knowledge.edit")
    if not await repository.forget_document(session, await get(session, by, name), source):
        raise NotFound(f"There is no document {source!r} in {name!r}.")


def slug_of(name: str) -> str:
    """`Hilfe für Kunden` becomes `hilfe-fur-kunden`; names without a Latin letter get a slug of their id."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or f"collection-{ids.new('col')[-8:]}"
