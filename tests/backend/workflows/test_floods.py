"""One socket that talks without end keeps neither the room busy nor its memory: cursors are few, and what is too fast waits."""

import asyncio
from functools import partial
from typing import Any

import orjson
import pytest

from backend.identity.principal import Principal
from backend.workflows import awareness, pace, protocol, sockets
from backend.workflows.awareness import Awareness, Person
from backend.workflows.pace import Pace
from backend.workflows.protocol import BadFrame, bytes_, number

ADA, GRACE = Person("acc_1", "Ada"), Person("acc_2", "Grace")


def said(*entries: tuple[int, int, Any]) -> bytes:
    parts = [number(c) + number(clock) + bytes_(orjson.dumps(state)) for c, clock, state in entries]
    return number(len(parts)) + b"".join(parts)


def here(room: Awareness) -> int:
    everybody = room.all()
    return protocol.Reader(everybody).number() if everybody else 0


def test_a_socket_has_few_clients_also_when_it_lets_them_go_and_takes_them_up_again() -> None:
    room, socket = Awareness(), object()
    for client in range(100):
        room.told(said((client, 1, {}), (client, 2, None)), socket, ADA)
    room.told(said(*((client, 3, {"a": 1}) for client in range(100))), socket, ADA)
    assert here(room) == awareness.MAX_CLIENTS_AN_OWNER
    room.told(said((1000, 1, {})), object(), GRACE)
    assert here(room) == awareness.MAX_CLIENTS_AN_OWNER + 1, "the others have theirs"


def test_clients_that_are_gone_are_forgotten_before_they_are_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(awareness, "MAX_CLIENTS", 50)
    room, socket = Awareness(), object()
    room.told(said((7, 1, {})), socket, ADA)
    for client in range(1000, 2000):
        room.told(said((client, 1, {}), (client, 2, None)), socket, ADA)
    assert len(room._clients) < 60
    assert here(room) == 1


def test_a_state_nested_too_deep_is_no_state() -> None:
    deep = b"[" * 500 + b"]" * 500
    with pytest.raises(BadFrame):
        Awareness().told(number(1) + number(1) + number(1) + bytes_(deep), object(), ADA)


def test_people_never_wait_and_floods_do() -> None:
    drawing = Pace(now=0.0)
    assert not any(drawing.spend(200, now=n / 130) for n in range(20_000)), (
        "a drag, its cursor, and somebody's typing"
    )
    asking = Pace(now=0.0)
    waits = [asking.spend(4, whole=True, now=0.0) for _ in range(100)]
    assert waits[0] == 0
    assert waits[-1] > 60, "the whole draft is not sent a hundred times at once"
    writing = Pace(now=0.0)
    assert sum(writing.spend(1_000_000, now=0.0) for _ in range(100)) > 60


async def test_what_is_too_fast_waits_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """A guest that asks for the draft again and again: only so many are answered before it has to wait."""
    waiting = asyncio.Event()

    class Socket:
        read = 0

        async def receive(self) -> dict[str, Any]:
            self.read += 1
            return {"type": "websocket.receive", "bytes": protocol.sync("step1", b"\x00")}

    async def stopped(seconds: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    socket: Any = Socket()
    room: Any = type(
        "Room", (), {"doc": type("Doc", (), {"get_update": lambda self, state: b"\x00\x00"})()}
    )()
    guest = sockets.Guest(socket, Principal("team_1", "acc_3", "Vera", ("viewer",), "session"))
    spend = Pace(now=0.0).spend
    monkeypatch.setattr(guest._pace, "spend", partial(spend, now=0.0))  # as quick as no machine is
    with monkeypatch.context() as patched:
        patched.setattr(sockets.asyncio, "sleep", stopped)
        reading = asyncio.create_task(guest._read(room))
        await asyncio.wait_for(waiting.wait(), 60)
        reading.cancel()
    assert socket.read <= pace.AT_ONCE / pace.WHOLE + 1
