"""Collections hold documents, find passages by meaning, and stay within their team and limits."""

import asyncio

import pytest

from backend.core import clock, db
from backend.core.errors import Conflict, Invalid, NotAllowed, NotFound, TooLarge
from backend.identity.models import Team
from backend.identity.permissions import Role
from backend.identity.principal import Principal
from backend.knowledge import embedded, schemas, service
from backend.knowledge.indexing import index
from backend.knowledge.schemas import DocumentCreate
from backend.knowledge.search import search
from tests.backend.inference.conftest import asking, models, shared_worker, worker

__all__ = ["asking", "models", "shared_worker", "worker"]
pytestmark = [pytest.mark.db, pytest.mark.redis, pytest.mark.openvino]


def _member(team: str, *roles: Role) -> Principal:
    return Principal(team_id=team, account_id="acct_1", name="Ada", roles=roles or ("editor",), via="session")


@pytest.fixture
async def by(database: db.Database) -> Principal:
    async with database.transaction() as session:
        for number in (1, 2):
            session.add(_team(number))
    return _member("team_1")


def _team(number: int) -> Team:
    return Team(id=f"team_{number}", name=f"Team {number}", created_at=clock.now())


async def _add(
    database: db.Database, by: Principal, collection: str, **document: str
) -> schemas.DocumentPublic:
    ready = await embedded.embed(DocumentCreate.model_validate(document))
    async with database.transaction() as session:
        return await service.add(session, by, collection, ready)


async def _own(session: db.Session, by: Principal) -> list[schemas.CollectionPublic]:
    return [one for one in await service.list_(session, by) if not one.builtin]


async def test_a_document_is_found_by_meaning_replaced_and_removed(
    database: db.Database, by: Principal, worker: object
) -> None:
    async with database.transaction() as session:
        made = await service.create(session, by, "Größe & Regeln")
    assert made.slug == "groe-regeln"
    await _add(
        database, by, made.slug, source="pets.md", text="# Pets\n\nDogs may come to the office on Fridays."
    )
    await _add(database, by, made.slug, source="food.md", text="# Food\n\nLunch is served at noon.")
    best = (await search(by, made.slug, "Can I bring my puppy to work?", 1))[0]
    assert (best.title, best.source) == ("Pets", "pets.md")
    assert 0.2 < best.score <= 1
    await _add(database, by, made.slug, source="pets.md", text="# Pets\n\nNo animals.")
    async with database.transaction() as session:
        listed = await _own(session, by)
        assert [(one.documents, one.passages) for one in listed] == [(2, 2)]
        await service.remove_document(session, by, made.slug, "food.md")
        with pytest.raises(NotFound):
            await service.remove_document(session, by, made.slug, "food.md")
    assert [one.source for one in await search(by, made.id, "lunch")] == ["pets.md"]
    async with database.transaction() as session:
        await service.delete(session, by, made.slug)
        assert await _own(session, by) == []


async def test_the_help_centre_is_copied_once_and_answers_support_questions(
    database: db.Database, by: Principal, worker: object
) -> None:
    reader = _member("team_1", "viewer")
    await asyncio.gather(*(search(reader, "help-centre", "refund") for _ in range(3)))
    async with database.reading() as session:
        (listed,) = [one for one in await service.list_(session, by) if one.slug == "help-centre"]
    assert (listed.slug, listed.builtin, listed.documents) == ("help-centre", True, 12)
    for question, source in [
        ("You took the money for my plan two times this month!", "billing-charged-twice.md"),
        ("I want my money back", "billing-refunds.md"),
        ("my company's VAT number on the invoice is wrong", "billing-invoices.md"),
        ("The program closes immediately after I open it", "technical-app-crashes.md"),
        ("I forgot my password and cannot log in", "technical-cannot-sign-in.md"),
        ("Please end my subscription", "cancel-subscription.md"),
        ("the API says 429 too many requests", "technical-api-errors.md"),
    ]:
        found = await search(reader, "help_centre", question, 3)
        assert source in [one.source for one in found], (question, [(one.title, one.score) for one in found])


async def test_a_run_indexes_into_a_collection_that_is_made_once(
    database: db.Database, by: Principal, worker: object
) -> None:
    run = Principal("team_1", "acct_1", "run", ("operator",), "system", "run_1")
    texts = {
        "a.md": "# Pets\n\nDogs on Fridays.",
        "b.md": "# Lunch\n\nAt noon.",
        "c.md": "# Doors\n\nClosed.",
    }
    told = await asyncio.gather(*(index(run, "Hand Book", one, "", text) for one, text in texts.items()))
    assert {(one.collection, one.passages) for one in told} == {("hand-book", 1)}
    assert [one.source for one in await search(by, "hand-book", "puppies", 1)] == ["a.md"]
    again = await index(run, "hand-book", "a.md", "Cats", "Cats on Mondays.")
    assert (again.title, again.passages) == ("Cats", 1)
    assert [one.source for one in await search(by, "hand-book", "Friday", 3, "words")] == []
    with pytest.raises(Invalid, match="cannot be indexed"):
        await index(run, "hand-book", "x" * 201, "", "Text.")
    with pytest.raises(Invalid, match="is empty"):
        await index(run, "hand-book", "d.md", "", "# Only a heading")
    with pytest.raises(NotAllowed):
        async with database.transaction() as session:
            await service.create(session, run, "Another")


async def test_other_teams_see_nothing_of_it(database: db.Database, by: Principal, asking: None) -> None:
    async with database.transaction() as session:
        made = await service.create(session, by, "Ours")
    stranger = _member("team_2", "owner")
    async with database.transaction() as session:
        assert await _own(session, stranger) == []
        for name in (made.id, "ours", "Ours"):
            with pytest.raises(NotFound):
                await service.delete(session, stranger, name)
        await service.create(session, stranger, "Ours")


async def test_roles_and_names_are_checked(database: db.Database, by: Principal) -> None:
    async with database.transaction() as session:
        await service.create(session, by, "Rules")
        with pytest.raises(Conflict, match="rules"):
            await service.create(session, by, "rules!")
        with pytest.raises(NotAllowed):
            await service.create(session, _member("team_1", "viewer"), "More")
        assert (await service.create(session, by, "東京")).slug.startswith("collection-")


async def test_bad_documents_are_refused_before_any_work() -> None:
    with pytest.raises(TooLarge, match="1,000,000 are allowed"):
        await embedded.embed(DocumentCreate(source="big.txt", text="x" * 1_000_001))
    with pytest.raises(Invalid, match="empty"):
        await embedded.embed(DocumentCreate(source="blank.txt", text=" \n\n "))
    with pytest.raises(Invalid):
        await embedded.embed(DocumentCreate(source="nul.txt", text="a\x00b"))


async def test_a_collection_has_a_limit(
    database: db.Database, by: Principal, worker: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MAX_PASSAGES", 1)
    async with database.transaction() as session:
        await service.create(session, by, "Small")
    await _add(database, by, "small", source="one.md", text="first")
    await _add(database, by, "small", source="one.md", text="first again")
    with pytest.raises(TooLarge, match="2 passages; 1 are allowed"):
        await _add(database, by, "small", source="two.md", text="second")
