"""Runs what users write, in worker processes that hold no secrets and have hard limits (pydantic-monty).

    SandboxError (QuadrilleError)
    ├── CodeFailed       422  the code is wrong or raised; `line` says where, `index` which expression
    ├── LimitExceeded    422  too long, too much memory or too much printed; the worker was stopped
    └── SandboxMissing   503  the sandbox itself cannot start

The synchronous pool in threads of our own is deliberate: `AsyncMonty` 1.4 aborts CPython 3.11 at exit now and then,
and it would bind the pool to one event loop.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import lru_cache, partial
from threading import Lock
from typing import Any, ClassVar, Literal

from pydantic import JsonValue
from pydantic_monty import (
    CollectString,
    Monty,
    MontyCrashedError,
    MontyError,
    MontyRuntimeError,
    MontySyntaxError,
    ResourceLimits,
)

from backend.core import json, sandbox_launcher
from backend.core.errors import QuadrilleError

EXPRESSION_SECONDS = 2.0
CODE_SECONDS = 10.0
MEMORY_BYTES = 256_000_000
PRINT_BYTES = 64_000
MAX_CODE_SECONDS = 60.0
_PROCESSES = 2
_GRACE_SECONDS = 3.0  # how long a worker that does not answer is waited for beyond its limit
_RESULTS = "_results"


class SandboxError(QuadrilleError):
    """User code did not give a value."""

    code, status, title = "sandbox", 422, "The code did not finish"

    def __init__(
        self, message: str, *, line: int | None = None, index: int | None = None, fix: str = ""
    ) -> None:
        self.line, self.index = line, index
        super().__init__(message, fix=fix, line=line)


class CodeFailed(SandboxError):
    """The code is wrong, or raised an error that it did not handle."""

    code: ClassVar[str] = "code_failed"


class LimitExceeded(SandboxError):
    """The code ran into a limit of time, memory or output."""

    code, title = "sandbox_limit", "A limit of the sandbox was reached"


class SandboxMissing(SandboxError):
    """The sandbox's worker processes cannot start on this machine."""

    code, status, title = "sandbox_missing", 503, "The sandbox does not start"


async def evaluate(
    expressions: Sequence[str],
    scope: Mapping[str, JsonValue],
    *,
    prelude: str = "",
    seconds: float = EXPRESSION_SECONDS,
) -> list[JsonValue]:
    """The values of plain Python expressions, all in one visit of the sandbox; an error carries its `index`."""
    head = f"{prelude}\n{_RESULTS} = []\n"
    one_line_each = (f"{_RESULTS}.append(({' '.join(text.splitlines())}))" for text in expressions)
    source = head + "\n".join([*one_line_each, _RESULTS])
    first_line = head.count("\n") + 1
    try:
        values = await _run("expressions", source, scope, seconds)
    except SandboxError as error:
        if error.line is not None and 0 <= error.line - first_line < len(expressions):
            error.index = error.line - first_line
        raise
    return [json.plain(value, f"expression {i + 1}") for i, value in enumerate(values)]


async def run_code(
    source: str,
    inputs: Mapping[str, JsonValue],
    *,
    seconds: float = CODE_SECONDS,
    on_print: Callable[[str], None] | None = None,
) -> JsonValue:
    """Run a whole snippet with `inputs` as its variables; the value of its last expression."""
    return json.plain(await _run("code", source, inputs, seconds, on_print), "the result")


def close() -> None:
    """Stop all worker processes; what still runs in them ends with an error."""
    for sort in ("expressions", "code"):
        _lane(sort).close()
    _lane.cache_clear()


class _Lane:
    """Worker processes for one sort of work, and as many threads that wait for them: long code delays no expression."""

    def __init__(self, longest: float) -> None:
        self.longest = longest
        self.threads = ThreadPoolExecutor(_PROCESSES, thread_name_prefix="sandbox")
        self.pool: Monty | None = None
        self.beginning = Lock()

    def started(self) -> Monty:
        """The pool; started by whoever needs it first. Runs in a thread, because starting waits for processes."""
        with self.beginning:
            if self.pool is None:
                pool = Monty(
                    binary_path=sandbox_launcher.launcher(),
                    min_processes=0,
                    max_processes=_PROCESSES,
                    max_checkouts_per_worker=1000,
                    request_timeout=self.longest + _GRACE_SECONDS,
                )
                self.pool = pool.__enter__()
            return self.pool

    def close(self) -> None:
        if self.pool is not None:
            with suppress(MontyError):
                self.pool.__exit__(None, None, None)
        self.threads.shutdown(wait=True, cancel_futures=True)


@lru_cache
def _lane(sort: Literal["expressions", "code"]) -> _Lane:
    return _Lane(EXPRESSION_SECONDS if sort == "expressions" else MAX_CODE_SECONDS)


async def _run(
    sort: Literal["expressions", "code"],
    source: str,
    inputs: Mapping[str, JsonValue],
    seconds: float,
    on_print: Callable[[str], None] | None = None,
) -> Any:
    lane = _lane(sort)
    seconds = min(seconds, lane.longest)
    printed = CollectString(max_bytes=PRINT_BYTES)
    loop = asyncio.get_running_loop()
    try:
        return await loop.run_in_executor(
            lane.threads, partial(_feed, lane, source, dict(inputs), seconds, printed)
        )
    except MontyError as error:
        raise _explained(error, seconds) from None
    except (FileNotFoundError, PermissionError) as error:
        raise SandboxMissing(
            f"The sandbox does not start: {error}.", fix="Run `quadrille doctor`."
        ) from error
    finally:
        if on_print and printed.output:
            on_print(printed.output)


def _feed(lane: _Lane, source: str, inputs: dict[str, Any], seconds: float, printed: CollectString) -> Any:
    limits = ResourceLimits(
        max_feed_duration_secs=seconds, max_memory=MEMORY_BYTES, max_recursion_depth=200, max_suspensions=1
    )
    policy: Any = {"sleep": "zero"}
    with lane.started().checkout(limits=limits, os_policy=policy) as session:
        return session.feed_run(source, inputs=inputs, print_callback=printed)


def _explained(error: MontyError, seconds: float) -> SandboxError:
    line = _line(error)
    if isinstance(error, MontySyntaxError):
        return CodeFailed(f"This cannot be read as Python: {error}.", line=line)
    limit = _limit(error, seconds)
    if limit:
        return LimitExceeded(limit, line=line, fix="Do less at once, or in several steps.")
    return CodeFailed(str(error) or type(error.exception()).__name__, line=line)


def _limit(error: MontyError, seconds: float) -> str:
    """Which limit was reached, in a sentence; empty when none was."""
    inner = error.exception()
    if isinstance(error, MontyCrashedError):
        return "The sandbox was stopped, because the code used too much."
    if isinstance(inner, TimeoutError) and "limit exceeded" in str(error):
        return f"It took longer than {seconds:g} seconds."
    return "It needed more memory or printed more than is allowed." if isinstance(inner, MemoryError) else ""


def _line(error: MontyError) -> int | None:
    """The line of the user's own top level: where a helper failed is of no use to the reader."""
    if not isinstance(error, MontyRuntimeError | MontySyntaxError):
        return None
    frames = error.traceback()
    top = [frame.line for frame in frames if frame.function_name in (None, "<module>")]
    return (top or [frame.line for frame in frames] or [None])[0]
