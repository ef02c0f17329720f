"""What this worker holds, renewed by a thread of its own, so that a stalled event loop loses nothing."""

import threading
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from backend.core import log, redis
from backend.core.queue import scripts
from backend.core.queue.entry import Entry
from backend.core.queue.link import LOST

_log = log.get(__name__)


class Leases:
    """The entries in flight: delivered to us and not yet acknowledged."""

    def __init__(self, group: str, consumer: str, seconds: float) -> None:
        self.group, self.consumer, self.seconds = group, consumer, seconds
        self._held: dict[str, Entry] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._held)

    def hold(self, entry: Entry) -> bool:
        """Take an entry in; False where it is held already."""
        with self._lock:
            if _key(entry) in self._held:
                return False
            self._held[_key(entry)] = entry
            return True

    def free(self, entry: Entry) -> None:
        """Stop renewing an entry."""
        with self._lock:
            self._held.pop(_key(entry), None)

    def ids(self, stream: str) -> list[str]:
        """The held ids of a stream."""
        with self._lock:
            return [entry.id for entry in self._held.values() if entry.stream == stream]

    def start(self) -> None:
        """Begin to renew."""
        self._thread = threading.Thread(target=self._renew, name=f"lease-{self.group}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stop.set()
        if self._thread:
            self._thread.join()

    def _renew(self) -> None:
        client = Redis.from_url(  # pyright: ignore[reportUnknownMemberType] - redis leaves its options untyped
            redis.url(),
            retry=Retry(NoBackoff(), 0),
            socket_timeout=self.seconds / 3,
            socket_connect_timeout=1,
        )
        while not self._stop.wait(self.seconds / 3):
            for stream in {entry.stream for entry in self._snapshot()}:
                self._renew_stream(client, stream)
        client.close()

    def _renew_stream(self, client: Redis, stream: str) -> None:
        ids = self.ids(stream)
        try:
            answer: Any = client.eval(scripts.RENEW, 1, stream, self.group, self.consumer, *ids)
        except LOST as error:
            _log.warning("queue.lease_not_renewed", stream=stream, held=len(ids), error=str(error))
            return
        lost: list[bytes] = answer
        still = set(self.ids(stream))
        for taken in (one.decode() for one in lost):
            if taken in still:  # else it was finished while we asked
                _log.warning("queue.lease_lost", stream=stream, entry=taken)

    def _snapshot(self) -> list[Entry]:
        with self._lock:
            return list(self._held.values())


def _key(entry: Entry) -> str:
    return f"{entry.stream}/{entry.id}"
