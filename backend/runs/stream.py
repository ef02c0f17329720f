"""The live view's stream: missed rows first, then live events, without a gap and without a repeat."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

import orjson

from backend.core import db
from backend.identity.principal import Principal
from backend.runs import history, redaction, repository
from backend.runs.hub import Feed, Hub, Item

PAGE = 500
BEAT = Item(None, "beat", "")
_OURS = frozenset({"beat", "resync"})


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
    """Every event after `watched.after`, for ever; the reader decides when to stop. In silence, a BEAT now and then."""
    async with aclosing(_everything(hub, watched, beat_seconds)) as items:
        async for item in items:
            if watched.whole or item.kind in _OURS:
                yield item
            elif item.kind not in redaction.VALUES_ONLY:
                yield replace(item, text=redaction.of_text(item.text))


async def _everything(hub: Hub, watched: Watched, beat_seconds: float | None) -> AsyncGenerator[Item]:
    """The stream with all values.

    The feed is opened before the rows are read, so nothing falls between the two; numbers sort out what came twice.
    """
    sent = watched.after
    async with hub.watch(watched.run_id) as feed:
        while True:
            feed.forget_newest()
            async for item in _rows(watched, sent):
                yield item
                sent = item.seq or sent
            async for item in _live(feed, sent, beat_seconds):
                yield item
                sent = item.seq or sent
            if feed.take_overflow():
                yield _resync(sent)


async def _rows(watched: Watched, after: int) -> AsyncGenerator[Item]:
    """History rows page by page; no transaction stays open while a slow reader takes them."""
    while True:
        async with db.database().reading() as session:
            rows = await repository.events_after(session, watched.team_id, watched.run_id, after, PAGE)
        for row in rows:
            yield Item(row.seq, row.kind, history.public(row).model_dump_json())
            after = row.seq
        if len(rows) < PAGE:
            return


async def _live(feed: Feed, sent: int, beat_seconds: float | None) -> AsyncGenerator[Item]:
    """What comes live; ends as soon as a number is missing, or the reader was too slow."""
    while True:
        try:
            async with asyncio.timeout(beat_seconds):
                item = await feed.next(sent)
        except TimeoutError:
            yield BEAT
            continue
        if item is None:
            return
        if item.seq is None:
            yield item
        elif item.seq == sent + 1:
            yield item
            sent = item.seq
        elif item.seq > sent:
            return


def _resync(seq: int) -> Item:
    return Item(None, "resync", orjson.dumps({"kind": "resync", "seq": seq}).decode())
