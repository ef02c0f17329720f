"""Answers of tasks on the wire: msgpack, never pickle, and errors as code and sentence without a trace."""

import asyncio
from typing import Any, cast

import orjson
import ormsgpack
from taskiq import AsyncResultBackend, TaskiqResult
from taskiq.abc.serializer import TaskiqSerializer

from backend.core.errors import (
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    QuadrilleError,
    TooLarge,
    Unavailable,
)

KEEP_SECONDS = 120
_REBUILT: dict[str, type[QuadrilleError]] = {
    kind.code: kind for kind in (NotFound, NotAllowed, Conflict, TooLarge, Invalid, Unavailable)
}


class TaskFailed(QuadrilleError):
    """A task ended with an error that is not one of ours."""

    code, status, title = "task_failed", 500, "A task failed"


class TaskCancelled(QuadrilleError):
    """A task was cancelled before it ended."""

    code, status, title = "task_cancelled", 409, "Cancelled"


class Json(TaskiqSerializer):
    """Messages as JSON."""

    def dumpb(self, value: Any) -> bytes:
        """To bytes."""
        return orjson.dumps(value)

    def loadb(self, value: bytes) -> Any:
        """From bytes."""
        return orjson.loads(value)


class Answers(AsyncResultBackend[Any]):
    """Keeps an answer until its task is acknowledged: both leave in one step, or neither."""

    def __init__(self) -> None:
        self._outgoing: dict[str, tuple[str, bytes]] = {}

    async def set_result(self, task_id: str, result: TaskiqResult[Any]) -> None:
        """Remember the answer, where somebody waits for it."""
        channel = str(result.labels.get("reply_to", ""))
        if channel:
            self._outgoing[task_id] = channel, packed(task_id, result)

    def take(self, task_id: str) -> tuple[str, bytes]:
        """The channel and the answer that leave with the acknowledgement."""
        return self._outgoing.pop(task_id, ("", b""))

    async def is_result_ready(self, task_id: str) -> bool:
        """Answers are heard through `queue.call`, not asked for."""
        raise NotImplementedError("use backend.core.queue.call")

    async def get_result(self, task_id: str, with_logs: bool = False) -> TaskiqResult[Any]:
        """Answers are heard through `queue.call`, not asked for."""
        raise NotImplementedError("use backend.core.queue.call")


def packed(task_id: str, result: TaskiqResult[Any]) -> bytes:
    """An answer to bytes."""
    if not result.is_err:
        return ormsgpack.packb({"id": task_id, "value": result.return_value})
    return ormsgpack.packb({"id": task_id, "error": _described(result.error)})


def unpacked(data: bytes) -> tuple[str, Any]:
    """The task id, and the value or the exception to raise."""
    answer = cast(dict[str, Any], ormsgpack.unpackb(data))
    error = cast(dict[str, str] | None, answer.get("error"))
    return answer["id"], _rebuilt(error) if error else answer["value"]


def _described(error: BaseException | None) -> dict[str, str]:
    if isinstance(error, QuadrilleError):
        return {"code": error.code, "message": error.message, "fix": error.fix}
    if isinstance(error, asyncio.CancelledError):
        return {"code": TaskCancelled.code, "message": "The task was cancelled.", "fix": ""}
    return {"code": TaskFailed.code, "message": f"{type(error).__name__}: {error}", "fix": ""}


def _rebuilt(error: dict[str, str]) -> QuadrilleError:
    kind = TaskCancelled if error["code"] == TaskCancelled.code else _REBUILT.get(error["code"], TaskFailed)
    return kind(error["message"], fix=error["fix"])
