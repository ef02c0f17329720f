"""Updates that would end the web process, or make a draft that nobody can read any more, are refused before they are taken."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pycrdt
import pytest

from backend.core import db
from backend.core.errors import Unavailable
from backend.notifications import service as notifications
from backend.workflows import document, rooms, service, updates
from backend.workflows.diagram import Diagram
from backend.workflows.document import Shared, _as_map
from backend.workflows.protocol import bytes_, number
from backend.workflows.rooms import Room
from tests.backend.workflows.conftest import Cast

pytestmark = [
    pytest.mark.db,
    pytest.mark.redis,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
CLIENT = 77
IN_SAMPLES = number(1) + bytes_(b"samples")
NO_DELETIONS = number(0)


class Silent:
    def send(self, frame: bytes) -> None: ...

    def end(self, code: int, reason: str) -> None: ...


@pytest.fixture
async def room(redis_url: str, cast: Cast, greeting: Diagram) -> AsyncIterator[Room]:
    async with db.database().transaction() as session:
        workflow = await service.create(session, cast.by, greeting)
    someone = Silent()
    room = await rooms.enter(workflow.id, someone)
    yield room
    await room.leave(someone)


def update(*structs: bytes, clock: int = 0, deletions: bytes = NO_DELETIONS) -> bytes:
    return number(1) + number(len(structs)) + number(CLIENT) + number(clock) + b"".join(structs) + deletions


def value(of: bytes) -> bytes:
    return b"\x28" + IN_SAMPLES + bytes_(b"deep") + number(1) + of


def a_map(parent: bytes) -> bytes:
    return b"\x27" + parent + bytes_(b"a") + number(1)


def inside(clock: int) -> bytes:
    return number(0) + number(CLIENT) + number(clock)


def maps(count: int, deletions: bytes = NO_DELETIONS) -> bytes:
    return update(a_map(IN_SAMPLES), *(a_map(inside(n)) for n in range(count - 1)), deletions=deletions)


@pytest.mark.parametrize(
    "hostile",
    [
        update(value(b"\x75\x01" * 100_000 + b"\x7e")),
        update(value((b"\x76\x01" + bytes_(b"k")) * 100_000 + b"\x7e")),
        update(value(b"\x75\x01" * 1_100 + b"\x7e")),
        update(value(b"\x75" + number(2**40))),
        maps(30_000),
        maps(100_000, number(1) + number(CLIENT) + number(1) + number(0) + number(1)),
        update(a_map(inside(5)), clock=9),
        update(b"\x87" + number(CLIENT) + number(5) + number(1), clock=9),
        update(b"\x27" + IN_SAMPLES + bytes_(b"a") + number(0)),
        update(b"\x24" + IN_SAMPLES + bytes_(b"a") + bytes_(b"text")),
        b"\x01\x01",
    ],
    ids=["lists", "objects", "unreadable", "size", "maps", "deleted", "early", "beside", "list", "text", "cut"],
)  # fmt: skip
async def test_what_no_draft_holds_is_refused_before_it_is_taken(
    room: Room, cast: Cast, hostile: bytes
) -> None:
    before = room.doc.get_update()
    with pytest.raises(updates.BadUpdate):
        room.take(hostile, cast.by.account_id, None)
    assert (room.doc.get_update(), room.pending(), room.broken) == (before, [], False)


async def test_maps_that_grow_deeper_one_by_one_are_never_kept(room: Room, cast: Cast) -> None:
    room.take(update(a_map(IN_SAMPLES)), cast.by.account_id, None)
    with pytest.raises(updates.BadUpdate):
        for clock in range(1, 20):
            room.take(update(a_map(inside(clock - 1)), clock=clock), cast.by.account_id, None)
    assert room.broken
    assert len(room.pending()) < 2 * updates.MAX_MAPS
    async with db.database().reading() as session:
        assert (await service.draft(session, cast.by, room.workflow_id)).diagram.node("say")


def drawn(doc: "pycrdt.Doc[Any]") -> None:
    fields = Shared(
        kind="say", x=1, y=2.5, config=Shared(text="Hi", more=[{"a": [None, True, 2**40, -1, "ß"]}])
    )
    doc.get("nodes", type=pycrdt.Map)["fresh"] = _as_map(fields)


def settings_anew(doc: "pycrdt.Doc[Any]") -> None:
    doc.get("nodes", type=pycrdt.Map)["say"]["config"] = pycrdt.Map({"text": "Other"})


def taken_away(doc: "pycrdt.Doc[Any]") -> None:
    del doc.get("nodes", type=pycrdt.Map)["say"]


@pytest.mark.parametrize("edit", [drawn, settings_anew, taken_away])
async def test_what_people_draw_is_taken(
    room: Room, cast: Cast, edit: Callable[["pycrdt.Doc[Any]"], None]
) -> None:
    """Twice, by two people who do not see each other, and once more as one update of both."""
    copies: list[pycrdt.Doc[Any]] = [pycrdt.Doc(), pycrdt.Doc()]
    changes: list[bytes] = []
    for copy in copies:
        copy.apply_update(room.doc.get_update())
        before = copy.get_state()
        edit(copy)
        if copy is copies[0]:
            edit(copy) if edit is not taken_away else None
        changes.append(copy.get_update(before))
    for change in (*changes, pycrdt.merge_updates(*changes), room.doc.get_update()):
        room.take(change, cast.by.account_id, None)
    copies[0].apply_update(changes[1])
    assert document.read(room.doc) == document.read(copies[0])


async def test_edits_that_cannot_be_stored_do_not_fill_the_memory(
    room: Room, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is awaited here, so that nothing is written meanwhile."""
    monkeypatch.setattr(rooms, "MAX_WAITING_BYTES", 2_000)
    copy: pycrdt.Doc[Any] = pycrdt.Doc()
    copy.apply_update(room.doc.get_update())
    taken = 0
    with pytest.raises(Unavailable):
        for _ in range(10):
            before = copy.get_state()
            copy.get("samples", type=pycrdt.Map)["same"] = "x" * 1_000
            room.take(copy.get_update(before), cast.by.account_id, None)
            taken += 1
    assert taken < 5
    stored = asyncio.Event()
    room.when_durable(stored.set)
    await asyncio.wait_for(stored.wait(), 60)
    copy.get("samples", type=pycrdt.Map)["same"] = "later"
    room.take(copy.get_update(), cast.by.account_id, None)


async def test_a_flood_of_remarks_is_told_to_nobody_beyond_a_limit(room: Room, cast: Cast) -> None:
    copy: pycrdt.Doc[Any] = pycrdt.Doc()
    copy.apply_update(room.doc.get_update())
    before = copy.get_state()
    for n in range(100):
        text = "@Grace " + "@" * 20_000 if n == 0 else "@Grace"
        copy.get("comments", type=pycrdt.Map)[f"c{n}"] = pycrdt.Map({"text": text, "x": 1, "y": 1})
    room.take(copy.get_update(before), cast.by.account_id, None)
    async with asyncio.timeout(60):
        while room.remarks.waiting():
            before = copy.get_state()
            copy.get("samples", type=pycrdt.Map)["n"] = len(room.remarks.waiting())
            room.take(copy.get_update(before), cast.by.account_id, None)
            stored = asyncio.Event()
            room.when_durable(stored.set)
            await stored.wait()
    async with db.database().reading() as session:
        found = await notifications.page(session, cast.other_editor.by, limit=200)
    assert 1 <= len(found.items) <= 60
