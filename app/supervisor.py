"""Keeps a few child processes alive: starts them in order, restarts them with backoff, stops them in reverse."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from backend.core import log

_FIRST_PAUSE, _LONGEST_PAUSE, _CALM_SECONDS = 0.5, 30.0, 60.0
_STOP_SECONDS = 20.0

logger = log.get(__name__)


@dataclass
class Child:
    """One process to keep alive; what it prints goes to `log_file`."""

    name: str
    command: list[str]
    log_file: Path
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    process: asyncio.subprocess.Process | None = None
    restarts: int = 0
    asked_to_stop: bool = False

    async def start(self) -> None:
        """Start it in a session of its own, so that Ctrl+C reaches only the supervisor."""
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        self.asked_to_stop = False
        with self.log_file.open("ab") as output:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                stdout=output,
                stderr=output,
                stdin=asyncio.subprocess.DEVNULL,
                env=_inherited() | dict(self.environment),
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )

    async def stop(self) -> None:
        """SIGTERM, then SIGKILL to its whole group after a while."""
        process = self.process
        if process is None or process.returncode is not None:
            return
        self.asked_to_stop = True
        _signal_group(process.pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        except TimeoutError:
            _signal_group(process.pid, signal.SIGKILL)
            await process.wait()

    def last_words(self, lines: int = 12) -> str:
        """The end of its log, for the message when it keeps failing."""
        if not self.log_file.exists():
            return ""
        return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-lines:])


async def keep_alive(
    children: list[Child], stopping: asyncio.Event, once_started: Callable[[], Awaitable[None]]
) -> None:
    """Start all, call `once_started`, restart whoever dies until `stopping`, then stop all in reverse order."""
    for child in children:
        await child.start()
    try:
        async with asyncio.TaskGroup() as group:
            watchers = [group.create_task(_watch(child, stopping)) for child in children]
            group.create_task(_cancel_when(stopping, watchers))
            await once_started()
    finally:
        for child in reversed(children):
            await child.stop()


async def _watch(child: Child, stopping: asyncio.Event) -> None:
    pause = _FIRST_PAUSE
    while not stopping.is_set():
        started = time.monotonic()
        assert child.process is not None  # noqa: S101 - started before it is watched
        code = await child.process.wait()
        # The web server's own child would go on holding the port, and answer with a state nobody watches.
        _signal_group(child.process.pid, signal.SIGKILL)
        if stopping.is_set():
            return
        if not child.asked_to_stop:
            calm = time.monotonic() - started > _CALM_SECONDS
            pause = _FIRST_PAUSE if calm else min(pause * 2, _LONGEST_PAUSE)
            _tell(child, code, pause)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await stopping.wait()
        if not stopping.is_set():
            child.restarts += 1
            await child.start()


def _tell(child: Child, code: int, pause: float) -> None:
    logger.error(
        "a process ended; it is started again",
        process=child.name,
        status=code,
        in_seconds=round(pause, 1),
        log_file=str(child.log_file),
        last_words=child.last_words(),
    )


async def _cancel_when(stopping: asyncio.Event, watchers: list[asyncio.Task[None]]) -> None:
    await stopping.wait()
    for watcher in watchers:
        watcher.cancel()


def _signal_group(pid: int, which: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, which)


def _end_with_parent() -> None:
    """On Linux, let the kernel end this child when the supervisor itself is killed (prctl(2), PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _inherited() -> dict[str, str]:
    """The environment children start from: ours, as the operator gave it."""
    return dict(os.environ)  # noqa: TID251 - passed on, not read
