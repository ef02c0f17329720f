"""Who is in a draft's room: cursors and selections by client, each vouched for by the socket that owns it."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, cast

import orjson

from backend.workflows import protocol
from backend.workflows.protocol import BadFrame, Reader

MAX_STATE_BYTES = 16_384
MAX_CLIENTS_A_FRAME = 1_000
MAX_CLIENTS = 5_000
MAX_CLIENTS_AN_OWNER = 8
STALE_SECONDS = 45.0
GONE = "null"


@dataclass(frozen=True)
class Person:
    """Who a socket belongs to; its states carry this name whatever the browser says."""

    account_id: str
    name: str


@dataclass
class _Client:
    clock: int
    state: str
    owner: object | None  # the socket, or None when another process vouches for it
    person: Person | None
    seen: float


class Awareness:
    """The states of all clients of one room.

    Browsers echo each other's states and drop those that they think are stale, so a socket may change
    only states of its own person; another tab of the same person may take a state over after a reconnect.
    """

    def __init__(self) -> None:
        self._clients: dict[int, _Client] = {}

    def told(self, states: bytes, owner: object, person: Person) -> bytes | None:
        """Take what a socket says; what the others should hear of it, or None. Raises BadFrame."""
        entries = _entries(states)
        self._make_room()
        news = [n for n in entries if self._take(n, owner, person)]
        return self._states([client_id for client_id, _, _ in news]) if news else None

    def heard(self, states: bytes) -> None:
        """Take what another process vouches for."""
        self._make_room()
        for client_id, clock, state in _entries(states):
            known = self._clients.get(client_id)
            if known is None or clock > known.clock or (clock == known.clock and state == GONE):
                self._clients[client_id] = _Client(clock, state, None, None, time.monotonic())

    def left(self, owner: object) -> bytes | None:
        """The socket is gone and so are its clients; what the others should hear, or None."""
        owned = [client_id for client_id, c in self._clients.items() if c.owner is owner and c.state != GONE]
        for client_id in owned:
            client = self._clients[client_id]
            client.clock, client.state, client.owner = client.clock + 1, GONE, None
        return self._states(owned) if owned else None

    def all(self) -> bytes | None:
        """Everybody who is here, for a newcomer; those not renewed for long are forgotten."""
        self._forget()
        here = [client_id for client_id, c in self._clients.items() if c.state != GONE]
        return self._states(here) if here else None

    def _make_room(self) -> None:
        if len(self._clients) > MAX_CLIENTS:
            self._forget()

    def _forget(self) -> None:
        """Those not renewed for long; where there are too many, first those who are gone."""
        now = time.monotonic()
        kept = {k: c for k, c in self._clients.items() if now - c.seen < STALE_SECONDS}
        if len(kept) > MAX_CLIENTS:
            kept = {k: c for k, c in kept.items() if c.state != GONE}
        self._clients = kept

    def _take(self, entry: tuple[int, int, str], owner: object, person: Person) -> bool:
        client_id, clock, state = entry
        known = self._clients.get(client_id)
        if known and not _may_change(known, owner, person):
            return False
        if known and (clock < known.clock or (clock == known.clock and state != GONE)):
            return False
        is_new = known is None or known.state == GONE
        if (known is None and state == GONE) or (is_new and state != GONE and self._is_full(owner)):
            return False
        self._clients[client_id] = _Client(clock, _vouched(state, person), owner, person, time.monotonic())
        return True

    def _is_full(self, owner: object) -> bool:
        owned = sum(1 for c in self._clients.values() if c.owner is owner and c.state != GONE)
        return owned >= MAX_CLIENTS_AN_OWNER

    def _states(self, client_ids: Iterable[int]) -> bytes:
        known = [(client_id, self._clients[client_id]) for client_id in client_ids]
        parts = [protocol.number(len(known))]
        for client_id, client in known:
            parts += [protocol.number(client_id), protocol.number(client.clock)]
            parts.append(protocol.bytes_(client.state.encode()))
        return b"".join(parts)


def _may_change(known: _Client, owner: object, person: Person) -> bool:
    """Its own socket; the same person after a reconnect; anybody once it is gone."""
    if known.owner is owner or known.state == GONE:
        return True
    return known.person is not None and known.person.account_id == person.account_id


def _entries(states: bytes) -> list[tuple[int, int, str]]:
    reader = Reader(states)
    count = reader.number()
    if count > MAX_CLIENTS_A_FRAME:
        raise BadFrame("an awareness frame of too many clients")
    return [(reader.number(), reader.number(), _state(reader.bytes_())) for _ in range(count)]


def _state(data: bytes) -> str:
    if len(data) > MAX_STATE_BYTES:
        raise BadFrame(f"an awareness state of more than {MAX_STATE_BYTES} bytes")
    try:
        return orjson.dumps(orjson.loads(data)).decode()
    except (
        orjson.JSONDecodeError,
        orjson.JSONEncodeError,
    ):  # what is nested too deep is read, but not written
        raise BadFrame("an awareness state that is not JSON") from None


def _vouched(state: str, person: Person) -> str:
    """The state under the true id and name: nobody appears as somebody else."""
    parsed: Any = orjson.loads(state)
    if not isinstance(parsed, dict):
        return GONE
    fields = cast(dict[str, Any], parsed)
    shown: Any = fields.get("user")
    user = cast(dict[str, Any], shown) if isinstance(shown, dict) else {}
    fields["user"] = user | {"id": person.account_id, "name": person.name}
    return orjson.dumps(fields).decode()
