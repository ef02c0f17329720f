"""Circuit breaker of a server that is asked over HTTP: after failures in a row it is left alone, in each team for itself.

closed ──(failures in a row)──► open ──(after the rest)──► half open: one request tries ──(well)──► closed
                                 ▲                                          └──(badly)── another rest
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from backend.core import clock
from backend.core.errors import Unavailable
from backend.core.http import NoAnswer, TookTooLong
from backend.inference import breakers, server_breakers
from backend.inference.breakers import Moved, Told
from backend.nodes.answers import Rest
from backend.nodes.kind import HttpReply

_WINDOW_SECONDS = 120.0  # failures further apart than this are not in a row
_PROBE_SECONDS = 30.0


class Resting(Unavailable):
    """The server failed again and again, and nothing is sent to it for a while."""

    code, title = "server_resting", "The server is left alone"


@dataclass(frozen=True)
class _Server:
    """One server, for one team."""

    team_id: str
    name: str

    @property
    def key(self) -> str:
        return server_breakers.key(self.team_id, self.name)


async def through(
    team_id: str, url: str, rest: Rest, ask: Callable[[], Awaitable[HttpReply]], told: Told = breakers.nobody
) -> HttpReply:
    """Ask, unless the server rests; raises Resting then. No answer, 429 and 5xx count as failures.

    `told` hears of a breaker that opens, and of one that closes after that.
    """
    server = _Server(team_id, urlsplit(url).netloc.rpartition("@")[2].lower())
    known = await breakers.store().read(server.key)
    await _require_awake(server, known)
    try:
        reply = await ask()
    except (NoAnswer, TookTooLong) as error:
        why = "It did not answer in time." if isinstance(error, TookTooLong) else "It did not answer."
        await _failed(server, known, rest, why, told)
        raise
    if reply.status >= 500 or reply.status == 429:
        await _failed(server, known, rest, f"It answered {reply.status}.", told)
    elif known:
        await _answered(server, known, told)
    return reply


async def _answered(server: _Server, known: dict[str, str], told: Told) -> None:
    for key in (server.key, f"{server.key}:probe", f"{server.key}:opens"):
        await breakers.store().drop(key)
    if "until" in known:
        await server_breakers.closed(server.team_id, server.name)
        await told(Moved(server.name, "closed", of="server"))


async def _require_awake(server: _Server, known: dict[str, str]) -> None:
    until = float(known.get("until", 0))
    if not until:
        return
    why = f"{server.name} failed {known.get('failures', 'several')} times in a row"
    if until > clock.now().timestamp():
        moment = datetime.fromtimestamp(until, UTC)
        raise Resting(f"{why}; it is asked again at {moment:%H:%M:%S} UTC.", fix="Wait, or ask another one.")
    if not await breakers.store().first(f"{server.key}:probe", _PROBE_SECONDS):
        raise Resting(f"{why}, and another request tries it just now.", fix="Wait a moment.")


async def _failed(server: _Server, known: dict[str, str], rest: Rest, why: str, told: Told) -> None:
    """Count it; one that has tried again after the rest opens the breaker at once."""
    store, key, again = breakers.store(), server.key, "until" in known
    count = await store.add(key, "failures", _WINDOW_SECONDS)
    await store.put(key, {"why": why}, _WINDOW_SECONDS)
    if not again and count < rest.failures:
        return
    until, kept = clock.now().timestamp() + rest.seconds, rest.seconds + _WINDOW_SECONDS
    await store.put(key, {"until": repr(until)}, kept)
    await store.drop(f"{key}:probe")
    await server_breakers.opened(server.team_id, server.name, kept)
    if not again and await store.first(f"{key}:opens", _PROBE_SECONDS):  # else a call beside this one told it
        moment = datetime.fromtimestamp(until, UTC)
        await told(Moved(server.name, "opened", count, moment, why, of="server"))
