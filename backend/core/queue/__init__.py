"""The durable queue: at-least-once tasks on Redis streams, with leases, priorities, cancellation and dead letters."""

from backend.core.queue.broker import DurableStreamBroker, broker
from backend.core.queue.dead import DeadLetter, dead_letters, drop, replay
from backend.core.queue.names import Group, Priority
from backend.core.queue.replies import call, hang_up
from backend.core.queue.results import TaskCancelled, TaskFailed
from backend.core.queue.serve import serve

__all__ = [
    "DeadLetter",
    "DurableStreamBroker",
    "Group",
    "Priority",
    "TaskCancelled",
    "TaskFailed",
    "broker",
    "call",
    "dead_letters",
    "drop",
    "hang_up",
    "replay",
    "serve",
]
