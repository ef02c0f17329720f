"""All queries on collections and passages; every one takes the team."""

from collections import defaultdict
from collections.abc import Collection as Several
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert
from sqlmodel import col, or_, select

from backend.core.db import Session
from backend.knowledge.models import Collection, Passage, Term, TermSort
from backend.knowledge.ranking import Said, Size
from backend.knowledge.terms import Terms


async def find(session: Session, team_id: str, name: str) -> Collection | None:
    """By id, slug or name; the id wins, then the slug, where `_` is as good as `-`."""
    slug = name.replace("_", "-")
    statement = select(Collection).where(
        Collection.team_id == team_id,
        or_(Collection.id == name, Collection.slug == slug, Collection.name == name),
    )
    found = (await session.exec(statement)).all()
    return min(found, key=lambda one: (one.id != name, one.slug != slug), default=None)


async def collections(session: Session, team_id: str) -> Sequence[tuple[Collection, int, int]]:
    """The team's collections by name, with their number of documents and passages."""
    counts: tuple[Any, Any] = (
        func.count(func.distinct(col(Passage.source))),
        func.count(col(Passage.id)),
    )
    statement = (
        select(Collection, *counts)
        .join(Passage, col(Passage.collection_id) == Collection.id, isouter=True)
        .where(Collection.team_id == team_id)
        .group_by(col(Collection.id))
        .order_by(Collection.name)
    )
    return (await session.exec(statement)).all()


async def documents(session: Session, collection: Collection) -> Sequence[tuple[str, str, int]]:
    """Source, title and number of passages of each document."""
    count: Any = func.count(col(Passage.id))
    title: Any = func.min(Passage.title)
    statement = (
        select(Passage.source, title, count)
        .where(_of(collection))
        .group_by(Passage.source)
        .order_by(Passage.source)
    )
    return (await session.exec(statement)).all()


async def size(session: Session, collection: Collection, *, without: str = "") -> int:
    """How many passages a collection has, those of one source not counted."""
    count: Any = func.count(col(Passage.id))
    statement = select(count).where(_of(collection), Passage.source != without)
    return (await session.exec(statement)).one()


async def vectors(session: Session, collection: Collection, model: str) -> Sequence[tuple[str, bytes]]:
    """Ids and embeddings of the passages that this model embedded."""
    statement = select(Passage.id, Passage.embedding).where(_of(collection), Passage.model == model)
    return (await session.exec(statement)).all()


async def passages(session: Session, collection: Collection, ids: list[str]) -> dict[str, Passage]:
    """Some passages by id."""
    statement = select(Passage).where(_of(collection), col(Passage.id).in_(ids))
    return {one.id: one for one in (await session.exec(statement)).all()}


async def remember(
    session: Session, collection: Collection, passages: Sequence[str], terms: Sequence[Terms]
) -> None:
    """Keep what new passages say and name."""
    owner = {"team_id": collection.team_id, "collection_id": collection.id}
    rows = [
        {**owner, "passage_id": passage, "sort": sort, "term": term, "times": times}
        for passage, found in zip(passages, terms, strict=True)
        for sort, counted in (("word", found.words), ("thing", dict.fromkeys(found.things, 1)))
        for term, times in counted.items()
    ]
    if rows:
        await session.exec(insert(Term), params=rows)


async def measure(session: Session, collection: Collection) -> Size:
    """How many passages, and their mean length in words."""
    figures: tuple[Any, Any] = (func.count(col(Passage.id)), func.avg(Passage.words))
    count, length = (await session.exec(select(*figures).where(_of(collection)))).one()
    return Size(count, float(length or 0))


async def spread(session: Session, collection: Collection, words: Several[str]) -> dict[str, int]:
    """In how many passages each of these words stands; those in none are left out."""
    count: Any = func.count(col(Term.passage_id))
    statement = select(Term.term, count).where(_terms(collection, "word", words)).group_by(Term.term)
    return dict((await session.exec(statement)).all())


async def saying(session: Session, collection: Collection, words: Several[str]) -> list[Said]:
    """Who says these words, how often, and how long they are."""
    statement = (
        select(Term.term, Term.passage_id, Term.times, Passage.words)
        .join(Passage, col(Passage.id) == Term.passage_id)
        .where(_terms(collection, "word", words))
    )
    return [Said(*row) for row in (await session.exec(statement)).all()]


async def naming(session: Session, collection: Collection, things: Several[str]) -> dict[str, frozenset[str]]:
    """The passages that name each of these things."""
    statement = select(Term.term, Term.passage_id).where(_terms(collection, "thing", things))
    return _gathered((await session.exec(statement)).all())


async def named_by(session: Session, collection: Collection, ids: Several[str]) -> dict[str, frozenset[str]]:
    """The things that each of these passages names."""
    statement = select(Term.passage_id, Term.term).where(
        col(Term.passage_id).in_(ids), Term.sort == "thing", Term.collection_id == collection.id
    )
    return _gathered((await session.exec(statement)).all())


async def forget_document(session: Session, collection: Collection, source: str) -> int:
    """Remove a document; how many passages it had."""
    statement = delete(Passage).where(_of(collection), col(Passage.source) == source)
    return (await session.exec(statement)).rowcount


async def forget(session: Session, collection: Collection) -> None:
    """Remove a collection with everything in it."""
    await session.exec(delete(Passage).where(_of(collection)))
    await session.exec(delete(Collection).where(col(Collection.id) == collection.id))


def _of(collection: Collection) -> ColumnElement[bool]:
    return (col(Passage.team_id) == collection.team_id) & (col(Passage.collection_id) == collection.id)


def _terms(collection: Collection, sort: TermSort, terms: Several[str]) -> ColumnElement[bool]:
    ours = (col(Term.team_id) == collection.team_id) & (col(Term.collection_id) == collection.id)
    return ours & (col(Term.sort) == sort) & col(Term.term).in_(terms)


def _gathered(pairs: Sequence[tuple[str, str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for key, value in pairs:
        found[key].add(value)
    return {key: frozenset(values) for key, values in found.items()}
