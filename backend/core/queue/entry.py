"""A task as it lies in a stream, and as taskiq gets it."""

from dataclasses import dataclass

from taskiq import AckableMessage


@dataclass(frozen=True)
class Entry:
    """One delivery of a task to this worker."""

    stream: str
    id: str
    task_id: str
    name: str
    body: bytes
    deliveries: int = 1


class Delivery(AckableMessage):
    """What taskiq's receiver is handed; it carries its entry along."""

    entry: Entry


def read(stream: str, entry_id: bytes, fields: dict[bytes, bytes], deliveries: int = 1) -> Entry:
    """An entry from Redis' answer."""
    return Entry(
        stream=stream,
        id=entry_id.decode(),
        task_id=fields.get(b"id", b"").decode(),
        name=fields.get(b"name", b"").decode(),
        body=fields.get(b"body", b""),
        deliveries=deliveries,
    )
