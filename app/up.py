"""`quadrille up`: sets everything up, starts every process, and says where to go."""

import asyncio
import contextlib
import fcntl
import signal
import socket
import sys
import time
from collections.abc import Generator, Iterator
from pathlib import Path

from rich.console import Console

from app import build, migrations, node
from app.reload import reload_on_change
from app.supervisor import Child, keep_alive
from backend.core import db, embedded_redis, log, safety
from backend.core.errors import Unavailable
from backend.core.settings import settings
from backend.identity import joining

console = Console(highlight=False)
logger = log.get(__name__)


async def up(*, dev: bool = False, workers: int = 1) -> None:
    """Run until Ctrl+C or SIGTERM; every step says how long it took, and what to do when it fails."""
    safety.require()
    with _alone_in(settings().data_dir):
        _port_is_free()
        stopping = _stopping()
        async with asyncio.TaskGroup() as group:
            with _step("Redis"):
                server = await embedded_redis.ensure_running()
            children_gone = asyncio.Event()
            redis_keeper = group.create_task(_keep_redis(server, children_gone))
            try:
                await _prepare()
                await _serve(stopping, dev=dev, workers=workers)
            finally:
                children_gone.set()
                await redis_keeper
    console.print("Stopped. Runs that were under way go on at the next start.")


def _stopping() -> asyncio.Event:
    """Set by Ctrl+C and SIGTERM."""
    stopping = asyncio.Event()
    for which in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(which, stopping.set)
    return stopping


async def _keep_redis(server: embedded_redis.Server | None, children_gone: asyncio.Event) -> None:
    """Start the embedded Redis again when it dies; stop it last of all."""
    while server and not children_gone.is_set():
        ended = asyncio.ensure_future(server.wait())
        asked = asyncio.ensure_future(children_gone.wait())
        await asyncio.wait((ended, asked), return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if ended.done() and not children_gone.is_set():
            logger.error("Redis ended; it is started again", status=ended.result())
            server.owned_by.close()
            server = await embedded_redis.ensure_running()
        ended.cancel()
    if server:
        await server.stop()


async def _prepare() -> None:
    with _step("database"):
        await migrations.upgrade()
    with _step("pages" if build.frontend_is_current() else "pages, built once for this version"):
        await asyncio.to_thread(build.build)


async def _serve(stopping: asyncio.Event, *, dev: bool, workers: int) -> None:
    children = _children(workers)
    async with asyncio.TaskGroup() as group:
        if dev:
            group.create_task(reload_on_change(children, stopping))
        await keep_alive(children, stopping, lambda: _welcome(stopping))


def _children(workers: int) -> list[Child]:
    logs = settings().data_dir / "logs"

    def child(name: str, *command: str, **environment: str) -> Child:
        return Child(name, [sys.executable, "-m", *command], logs / f"{name}.log", environment)

    plays = [child(f"worker-{number}", "backend.worker", "--runs") for number in range(1, workers + 1)]
    web = Child("web", [sys.executable, "-m", "app.serve"], logs / "web.log", node.environment())
    return [child("inference", "backend.worker", "--inference"), *plays, web]


async def _welcome(stopping: asyncio.Event) -> None:
    started = time.monotonic()
    while not stopping.is_set() and not await _web_answers():
        if time.monotonic() - started > 120:
            console.print(
                f"[yellow]The web process does not answer yet; see {settings().data_dir}/logs/web.log[/]"
            )
            return
        await asyncio.sleep(0.1)
    if stopping.is_set():
        return
    url = settings().resolved_public_url()
    console.print(f"\n[bold]Quadrille is ready:[/] {url}")
    async with db.database().transaction() as session:
        link = await joining.owner_link(session)
    if link:
        console.print(f"[bold]First owner, once, within 30 minutes:[/] {link}")
    console.print("Press Ctrl+C to stop.\n")


async def _web_answers() -> bool:
    try:
        _, writer = await asyncio.open_connection(settings().host, settings().port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


@contextlib.contextmanager
def _step(name: str) -> Iterator[None]:
    started = time.monotonic()
    if not console.is_terminal:
        console.print(f"  · {name} …")
    with console.status(f"{name} …"):
        yield
    console.print(f"  [green]✓[/] {name} [dim]{time.monotonic() - started:.1f} s[/]")


@contextlib.contextmanager
def _alone_in(folder: Path) -> Generator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unavailable(
                f"Quadrille already runs with the data folder {folder}.",
                fix="Stop it first, or give this one its own QUADRILLE_DATA_DIR and QUADRILLE_PORT.",
            ) from error
        yield


def _port_is_free() -> None:
    host, port = settings().host, settings().port
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unavailable(
                f"Port {port} on {host} is taken.", fix=f"Start with QUADRILLE_PORT={port + 1} make run"
            ) from error
