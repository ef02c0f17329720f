"""The inference worker: the model behind the queue; never imported by the web process."""

import asyncio
import secrets
import socket
from typing import Any

from backend.core import log, queue
from backend.core.queue import link
from backend.inference import engine, source, workers
from backend.inference.engine import Engine
from backend.inference.generate import Generator

CONCURRENT_TASKS = 128

_log = log.get(__name__)


async def serve_inference(stop: asyncio.Event) -> None:
    """Load the model and answer until `stop`; what is being computed is still answered."""
    loaded = await engine.load()
    worker = f"{socket.gethostname()}-{secrets.token_hex(4)}"
    broker = queue.broker("inference")

    @broker.task("inference.embed")
    async def embed(texts: list[str]) -> bytes:
        return (await loaded.embed(texts)).tobytes()

    generator = Generator()

    @broker.task("inference.chat")
    async def chat(name: str, messages: list[dict[str, str]], options: dict[str, Any]) -> dict[str, Any]:
        return await generator.answer(name, messages, options)

    reporting = asyncio.ensure_future(_report(loaded, worker))
    try:
        await queue.serve(broker, concurrency=CONCURRENT_TASKS, stop=stop)
    finally:
        await link.end(reporting)
        await workers.say_goodbye(worker)


async def _report(loaded: Engine, worker: str) -> None:
    while True:
        about: dict[str, Any] = {
            "model": source.NAME,
            "precision": loaded.precision,
            "waiting": loaded.waiting,
        }
        try:
            await workers.report(loaded.counters.report(worker=worker, **about))
        except link.LOST as error:
            _log.warning("inference.not_reported", error=str(error))
        await asyncio.sleep(workers.EVERY_SECONDS)
