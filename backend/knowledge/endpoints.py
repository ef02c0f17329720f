"""Collections over HTTP."""

from fastapi import APIRouter

from backend.core import db
from backend.identity.edge import CurrentPrincipal, ReadSession, WriteSession
from backend.knowledge import builtin, embedded, service
from backend.knowledge.models import Collection
from backend.knowledge.schemas import (
    CollectionCreate,
    CollectionPage,
    CollectionPublic,
    DocumentCreate,
    DocumentPage,
    DocumentPublic,
    SearchRequest,
)
from backend.knowledge.search import search
from backend.nodes.kind import Passage

router = APIRouter(prefix="/api/v1", tags=["knowledge"])


@router.get("/collections")
async def list_collections(by: CurrentPrincipal, session: ReadSession) -> CollectionPage:
    """The team's collections of text, with those that ship with the product."""
    return CollectionPage(items=await service.list_(session, by))


@router.post("/collections", status_code=201)
async def create_collection(
    by: CurrentPrincipal, session: WriteSession, body: CollectionCreate
) -> CollectionPublic:
    """Make an empty collection."""
    return _empty(await service.create(session, by, body.name))


@router.delete("/collections/{name}", status_code=204)
async def delete_collection(by: CurrentPrincipal, session: WriteSession, name: str) -> None:
    """Remove a collection with all its documents."""
    await service.delete(session, by, name)


@router.get("/collections/{name}/documents")
async def list_documents(by: CurrentPrincipal, session: ReadSession, name: str) -> DocumentPage:
    """What a collection holds."""
    return DocumentPage(items=await service.documents(session, by, name))


@router.post("/collections/{name}/documents", status_code=201)
async def add_document(by: CurrentPrincipal, name: str, body: DocumentCreate) -> DocumentPublic:
    """Add a text or Markdown document; one of the same source is replaced."""
    by.require("knowledge.edit")
    await builtin.ensure(by, name)
    async with db.database().reading() as session:
        await service.get(session, by, name)
    document = await embedded.embed(body)  # takes seconds: no transaction is open meanwhile
    async with db.database().transaction() as session:
        return await service.add(session, by, name, document)


@router.delete("/collections/{name}/documents/{source:path}", status_code=204)
async def remove_document(by: CurrentPrincipal, session: WriteSession, name: str, source: str) -> None:
    """Remove one document."""
    await service.remove_document(session, by, name, source)


@router.post("/collections/{name}/search")
async def search_collection(by: CurrentPrincipal, name: str, body: SearchRequest) -> list[Passage]:
    """The passages that answer a question best, best first."""
    return await search(by, name, body.query, body.limit, body.by)


def _empty(made: Collection) -> CollectionPublic:
    return CollectionPublic(**made.model_dump(exclude={"team_id"}), documents=0, passages=0)
