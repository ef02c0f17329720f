"""The live view's stream: missed rows first, then live events, without a gap and without a repeat."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

import orjson

from backend.core import db
from backend.core.together import Together
from backend.identity.principal import Principal
from backend.runs import history, redaction, repository
from backend.runs.batch import BEAT_KIND, RESYNC_KIND, Batch, Item
from backend.runs.channel import Feed
from backend.runs.hub import Hub

PAGE = 500
BEAT = Item(None, BEAT_KIND, "")


@dataclass(frozen=True)
class Watched:
    """The run that somebody, who was allowed to, watches; rows after `after` are wanted, and all of them if `whole`."""

    team_id: str
    run_id: str
    after: int = 0
    whole: bool = False


def watched(by: Principal, run_id: str, after: int = 0) -> Watched:
    """The run as this caller may watch it."""
    return Watched(by.team_id, run_id, after, whole=not redaction.hides(by))


async def follow(hub: Hub, watched: Watched, beat_seconds: float | None = None) -> AsyncGenerator[Item]:
    """Every event after `watched.after`, one at a time; what `batches` gives."""
    async with aclosing(batches(hub, watched, beat_seconds)) as found:
        async for items in found:
            for item in items:
                yield item


async def batches(hub: Hub, watched: Watched, beat_seconds: float | None = None) -> AsyncGenerator[Batch]:
    """Every event after `watched.after`, for ever; the reader decides when to stop. In silence, a BEAT now and then."""
    async with aclosing(_everything(hub, watched, beat_seconds)) as found:
        async for items in found:
            if watched.whole:
                yield items
            elif shown := items.without_values:
                yield shown


async def _everything(hub: Hub, watched: Watched, beat_seconds: float | None) -> AsyncGenerator[Batch]:
    """The stream with all values.

    The feed is opened before the rows are read, so nothing falls between the two; numbers sort out what came twice.
    """
    sent = watched.after
    async with hub.watch(watched.run_id) as feed:
        while True:
            feed.forget_newest()
            async for items in _rows(watched, sent):
                yield items
                sent = items.last or sent
            async for items in _live(feed, sent, beat_seconds):
                yield items
                sent = items.last or sent
            if feed.take_overflow():
                yield Batch([_resync(sent)])


async def _rows(watched: Watched, after: int) -> AsyncGenerator[Batch]:
    """History rows page by page; no transaction stays open while a slow reader takes them."""
    while True:
        page = await _pages.ask((watched.team_id, watched.run_id, after))
        if page:
            yield page
            after = page.last
        if len(page) < PAGE:
            return


async def _read(asked: Sequence[tuple[str, str, int]]) -> Sequence[Batch]:
    """Readers who come at the same moment, or have missed the same, are given the same page."""
    found = dict[tuple[str, str, int], Batch]()
    for team_id, run_id, after in dict.fromkeys(asked):
        async with db.database().reading() as session:
            rows = await repository.told_after(session, team_id, run_id, after, PAGE)
        found[team_id, run_id, after] = Batch(Item(row.seq, row.kind, history.text(row)) for row in rows)
    return [found[one] for one in asked]


_pages = Together[tuple[str, str, int], Batch](_read)


async def _live(feed: Feed, sent: int, beat_seconds: float | None) -> AsyncGenerator[Batch]:
    """What comes live; ends as soon as a number is missing, or the reader was too slow."""
    while True:
        try:
            async with asyncio.timeout(beat_seconds):
                taken = await feed.take(sent)
        except TimeoutError:
            yield Batch([BEAT])
            continue
        if taken is None:
            return
        for batch in taken:
            news, whole = batch.after(sent)
            if news:
                yield news
                sent = news.last or sent
            if not whole:
                return


def _resync(seq: int) -> Item:
    return Item(None, RESYNC_KIND, orjson.dumps({"kind": RESYNC_KIND, "seq": seq}).decode())
