"""Circuit breaker of a server that is asked over HTTP: after failures in a row it is left alone, in each team for itself.

closed ──(failures in a row)──► open ──(after the rest)──► half open: one request tries ──(well)──► closed
                                 ▲                                          └──(badly)── another rest
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from backend.core import clock
from backend.core.errors import Unavailable
from backend.core.http import NoAnswer, TookTooLong
from backend.inference import breakers
from backend.nodes.answers import Rest
from backend.nodes.kind import HttpReply

_WINDOW_SECONDS = 120.0  # failures further apart than this are not in a row
_PROBE_SECONDS = 30.0


class Resting(Unavailable):
    """The server failed again and again, and nothing is sent to it for a while."""

    code, title = "server_resting", "The server is left alone"


async def through(team_id: str, url: str, rest: Rest, ask: Callable[[], Awaitable[HttpReply]]) -> HttpReply:
    """Ask, unless the server rests; raises Resting then. No answer, 429 and 5xx count as failures."""
    server = urlsplit(url).netloc.rpartition("@")[2].lower()
    key = f"{team_id}:server:{server}"
    known = await breakers.store().read(key)
    await _require_awake(key, known, server)
    try:
        reply = await ask()
    except (NoAnswer, TookTooLong):
        await _failed(key, known, rest)
        raise
    if reply.status >= 500 or reply.status == 429:
        await _failed(key, known, rest)
    elif known:
        await breakers.store().drop(key)
        await breakers.store().drop(f"{key}:probe")
    return reply


async def _require_awake(key: str, known: dict[str, str], server: str) -> None:
    until = float(known.get("until", 0))
    if not until:
        return
    why = f"{server} failed {known.get('failures', 'several')} times in a row"
    if until > clock.now().timestamp():
        moment = datetime.fromtimestamp(until, UTC)
        raise Resting(f"{why}; it is asked again at {moment:%H:%M:%S} UTC.", fix="Wait, or ask another one.")
    if not await breakers.store().first(f"{key}:probe", _PROBE_SECONDS):
        raise Resting(f"{why}, and another request tries it just now.", fix="Wait a moment.")


async def _failed(key: str, known: dict[str, str], rest: Rest) -> None:
    """Count it; one that has tried again after the rest opens the breaker at once."""
    store = breakers.store()
    count = await store.add(key, "failures", _WINDOW_SECONDS)
    if "until" in known or count >= rest.failures:
        until = clock.now().timestamp() + rest.seconds
        await store.put(key, {"until": repr(until)}, rest.seconds + _WINDOW_SECONDS)
        await store.drop(f"{key}:probe")
