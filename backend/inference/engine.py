"""Embeddings with OpenVINO: natural batching over idle infer requests, bucketed shapes, no waiting for company."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from tokenizers import Tokenizer

from backend.core import log
from backend.core.errors import Unavailable
from backend.core.settings import settings
from backend.inference import convert, source
from backend.inference.batches import SIZES, Batches, Waiting, padded
from backend.inference.runtime import fast_bf16, ov
from backend.inference.stats import Counters

Precision = Literal["f32", "bf16"]
MAX_CHARACTERS = 20_000  # far beyond 256 tokens; spares the tokenizer a whole book
_CANARY = Path(__file__).with_name("canary.json")
_WARM = ((1, 8), (1, 16), (8, 16), (16, 32), (32, 32), (8, 64))

_log = log.get(__name__)


class Engine:
    """The loaded model. `embed` is called on the loop that made it; OpenVINO computes on threads of its own."""

    def __init__(self, folder: Path, precision: Precision, core: ov.Core) -> None:
        self.precision = precision
        self.counters = Counters()
        self._loop = asyncio.get_running_loop()
        self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(source.MAX_TOKENS)
        self._compiled = core.compile_model(folder / "model.xml", "CPU", _options(precision))
        parallel: int = self._compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")
        self._idle = deque(self._compiled.create_infer_request() for _ in range(max(1, parallel)))
        self._batches = Batches()
        for request in self._idle:
            request.set_callback(self._on_thread, request)  # pyright: ignore[reportUnknownMemberType]
        self._running: dict[Any, tuple[list[Waiting], float]] = {}

    @property
    def waiting(self) -> int:
        """Texts that wait for an idle infer request."""
        return len(self._batches)

    async def embed(self, texts: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
        """One unit-length row a text."""
        if not texts:
            return np.empty((0, source.DIMENSIONS), np.float32)
        began = time.monotonic()
        encoded = self._tokenizer.encode_batch([text[:MAX_CHARACTERS] for text in texts])
        waiting = [Waiting(one.ids, self._loop.create_future()) for one in encoded]
        self.counters.tokenise_seconds += time.monotonic() - began
        for one in waiting:
            self._batches.add(one)
        self._dispatch()
        rows = await asyncio.gather(*(one.answer for one in waiting))
        return np.frombuffer(b"".join(rows), np.float32).reshape(len(texts), source.DIMENSIONS)

    async def check(self) -> float:
        """Compare a known sentence with its stored embedding; raises where model or machine are broken."""
        await self._warm_up()
        canary = json.loads(_CANARY.read_text())
        (row,) = await self.embed([canary["text"]])
        self.counters = Counters()  # the warm-up is nobody's work
        cosine = float(np.dot(row, np.array(canary["embedding"], np.float32)))
        if not cosine > 0.995:
            raise Unavailable(
                f"The embedding model gives wrong numbers on this machine (cosine {cosine:.4f} to the known answer).",
                fix=f"Delete {settings().data_dir / 'models'} and start again; if it stays, report CPU and version.",
            )
        return cosine

    async def _warm_up(self) -> None:
        """Compute the common shapes once, so that the first callers do not wait for their compilation."""
        for rows, length in _WARM:
            tokens = [101, *[2003] * (length - 2), 102]
            batch = [Waiting(tokens, self._loop.create_future()) for _ in range(rows)]
            for one in batch:
                self._batches.add(one)
            self._dispatch()
            await asyncio.gather(*(one.answer for one in batch))

    def _dispatch(self) -> None:
        """Give every idle infer request a batch; called when texts arrive and when a request ends."""
        while self._idle:
            chosen = self._batches.next()
            if chosen is None:
                return
            self._start(self._idle.popleft(), *chosen)

    def _start(self, request: Any, length: int, batch: list[Waiting]) -> None:
        rows = padded(len(batch), SIZES)
        ids, mask = np.zeros((rows, length), np.int32), np.zeros((rows, length), np.int32)
        for row, waiting in enumerate(batch):
            tokens = waiting.tokens[:length]
            ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
        mask[len(batch) :, 0] = 1  # rows that only fill up still need one token to look at
        now = time.monotonic()
        self.counters.shapes.add((rows, length))
        self.counters.padded_tokens += rows * length
        self.counters.tokens += int(mask.sum())
        self.counters.queue_seconds += sum(now - waiting.since for waiting in batch)
        self._running[request] = batch, now
        request.start_async({"input_ids": ids, "attention_mask": mask}, share_inputs=False)

    def _on_thread(self, request: Any) -> None:
        """OpenVINO's callback, on a thread of its own: hand over to the loop and do nothing else."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._finish, request)

    def _finish(self, request: Any) -> None:
        batch, began = self._running.pop(request)
        try:
            request.wait()
            rows = np.array(request.get_output_tensor().data, np.float32)
        except RuntimeError as error:  # OpenVINO's only kind of error
            self._fail(batch, str(error))
        else:
            for waiting, row in zip(batch, rows, strict=False):
                if not waiting.answer.done():
                    waiting.answer.set_result(row.tobytes())
        self.counters.texts += len(batch)
        self.counters.batches += 1
        self.counters.infer_seconds += time.monotonic() - began
        self._idle.append(request)
        self._dispatch()

    def _fail(self, batch: list[Waiting], reason: str) -> None:
        _log.error("inference.failed", error=reason)
        self.counters.last_error = reason
        for waiting in batch:
            if not waiting.answer.done():
                waiting.answer.set_exception(Unavailable(f"OpenVINO failed: {reason}"))


async def load(precision: Precision | None = None) -> Engine:
    """Convert the model if this was never done, load it, warm it up and check it."""
    folder = await asyncio.to_thread(convert.ensure_converted)
    core = ov.Core()
    engine = Engine(folder, precision or ("bf16" if fast_bf16() else "f32"), core)
    cosine = await engine.check()
    _log.info("inference.loaded", model=source.NAME, precision=engine.precision, canary=round(cosine, 5))
    return engine


def _options(precision: Precision) -> dict[str, Any]:
    return {
        "PERFORMANCE_HINT": "THROUGHPUT",
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": settings().inference_threads,
        "ENABLE_CPU_PINNING": False,  # the cores are shared with the other processes
    }
