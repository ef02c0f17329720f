"""Passages by the words they say and over the things they name, on both databases and without any model."""

import pytest
from sqlmodel import func, select

from backend.core import clock, db
from backend.core.errors import NotFound
from backend.identity.models import Team
from backend.identity.principal import Principal
from backend.inference import client
from backend.knowledge import finding, service, terms
from backend.knowledge.embedded import EmbeddedDocument, Ready
from backend.knowledge.models import Term
from backend.knowledge.search import search
from backend.knowledge.split import pieces

pytestmark = pytest.mark.db

HANDBOOK = {
    "refunds.md": "# Refunds\n\nMoney goes back within a week. Only **billing admins** can press the button.",
    "roles.md": "# Roles\n\nAn owner names **billing admins** under Members, at most five of them.",
    "crash.md": "# The app crashes\n\nSend us the code, for example `KST-4012`, and the log.",
    "lunch.md": "# Lunch\n\nIt is served at noon. Noon is when the bell rings, and the bell rings at noon.",
    "export.md": "# Export\n\nFiles are exported at noon.",
}


@pytest.fixture
async def by(database: db.Database) -> Principal:
    """Somebody whose team has a collection `handbook`, stored without a model."""
    someone = Principal("team_1", "acct_1", "Ada", ("editor",), "session")
    async with database.transaction() as session:
        session.add(Team(id="team_1", name="One", created_at=clock.now()))
        session.add(Team(id="team_2", name="Two", created_at=clock.now()))
        await session.flush()
        await service.create(session, someone, "Handbook")
        for source, text in HANDBOOK.items():
            await service.add(session, someone, "handbook", _ready(source, text))
    return someone


def _ready(source: str, text: str) -> EmbeddedDocument:
    vector = b"\0" * 4 * client.DIMENSIONS
    return EmbeddedDocument(source, [Ready(one, vector, terms.of(one)) for one in pieces(text, source)])


async def _sources(by: Principal, query: str, how: str, limit: int = 4) -> list[str]:
    found = await search(by, "handbook", query, limit, how)  # pyright: ignore[reportArgumentType] - words of a table
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(0 < one.score <= 1 for one in found)
    return [one.source for one in found]


@pytest.mark.parametrize(
    ("query", "sources"),
    [
        ("what does KST-4012 mean?", ["crash.md"]),
        ("When is noon?", ["lunch.md", "export.md"]),  # who says it more often stands first
        ("exporting", ["export.md"]),  # whatever the ending
        ("a unicorn, please", []),
        ("is it to be the of and", []),  # small words alone are no question
    ],
)
async def test_words_find_what_is_called_by_its_name(by: Principal, query: str, sources: list[str]) -> None:
    assert await _sources(by, query, "words") == sources


async def test_a_rare_word_counts_more_than_a_common_one(by: Principal) -> None:
    assert (await _sources(by, "noon in the log", "words"))[0] == "crash.md"


async def test_neighbours_are_found_that_say_no_word_of_the_question(by: Principal) -> None:
    assert await _sources(by, "How do I get a refund?", "neighbours") == ["refunds.md", "roles.md"]
    assert "roles.md" not in await _sources(by, "How do I get a refund?", "words")
    assert await _sources(by, "How do I get a refund?", "neighbours", limit=1) == ["refunds.md"]
    assert await _sources(by, "unicorns", "neighbours") == []


async def test_a_document_that_is_replaced_is_no_longer_found_by_what_it_said(
    database: db.Database, by: Principal
) -> None:
    async with database.transaction() as session:
        await service.add(session, by, "handbook", _ready("crash.md", "# Ghosts\n\nNothing here."))
    assert await _sources(by, "KST-4012", "words") == []
    assert await _sources(by, "ghosts", "neighbours") == ["crash.md"]
    async with database.transaction() as session:
        await service.delete(session, by, "handbook")
    async with database.reading() as session:
        assert (await session.exec(select(func.count()).select_from(Term))).one() == 0


async def test_another_team_finds_nothing(database: db.Database, by: Principal) -> None:
    stranger = Principal("team_2", "acct_2", "Eve", ("owner",), "session")
    for how in ("words", "neighbours"):
        with pytest.raises(NotFound):
            await _sources(stranger, "refund", how)
    async with database.transaction() as session:
        await service.create(session, stranger, "Handbook")
    assert await _sources(stranger, "refund", "words") == []
    assert await _sources(stranger, "refund", "neighbours") == []


async def test_a_question_of_many_words_asks_for_the_rarest(
    by: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST_TERMS", 1)
    assert await _sources(by, "noon noon log", "words") == ["crash.md"]
