"""What the queue's keys and channels are called."""

from typing import Literal

Group = Literal["runs", "inference"]
Priority = Literal["high", "normal", "low"]
PRIORITIES: tuple[Priority, ...] = ("high", "normal", "low")


def stream(group: str, priority: str) -> str:
    """Waiting and running tasks of one priority."""
    return f"q:{group}:{priority}"


def streams(group: str) -> tuple[str, ...]:
    """All streams of a group, the most urgent first."""
    return tuple(stream(group, priority) for priority in PRIORITIES)


def dead(group: str) -> str:
    """Tasks that were given up, each with its reason."""
    return f"q:{group}:dead"


def cancelled(group: str) -> str:
    """Sorted set of cancelled task ids by the moment at which they may be forgotten."""
    return f"q:{group}:cancelled"


def cancels(group: str) -> str:
    """Channel on which running tasks hear of their cancellation."""
    return f"q:{group}:cancel"


def result(task_id: str) -> str:
    """The answer of a task somebody waits for; kept for a short time, for those who were disconnected."""
    return f"q:result:{task_id}"


def replies(client_id: str) -> str:
    """The channel on which one client process hears all its answers."""
    return f"q:reply:{client_id}"


def mark(channel: str) -> str:
    """Is there as long as this Redis remembers what the process of the channel asked."""
    return f"{channel}:mark"
