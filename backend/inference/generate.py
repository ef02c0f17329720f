"""Answers of language models in the inference worker: OpenVINO GenAI pipelines, loaded when first asked for."""

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from backend.inference import local_models, runtime

Said = dict[str, Any]


@dataclass
class Generator:
    """One model at a time is loaded, and one answer at a time is made: it takes all cores."""

    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _loaded: tuple[str, Any] | None = None

    async def answer(self, name: str, messages: list[dict[str, str]], options: dict[str, Any]) -> Said:
        """The text with its tokens and why it ended; `missing` where there is no such model here, `broken` where it fails."""
        stopped = threading.Event()
        async with self._turn:
            working = asyncio.ensure_future(
                asyncio.to_thread(self._answer, name, messages, options, stopped.is_set)
            )
            try:
                return await asyncio.shield(working)
            except asyncio.CancelledError:
                stopped.set()
                await asyncio.wait({working})
                raise

    def _answer(
        self, name: str, messages: list[dict[str, str]], options: dict[str, Any], stopped: Callable[[], bool]
    ) -> Said:
        path = local_models.path(name)
        if path is None:
            return {"missing": f"There is no model in {local_models.folder() / name}."}
        try:
            if self._loaded is None or self._loaded[0] != name:
                self._loaded = None  # first give its memory back
                self._loaded = (name, runtime.genai().LLMPipeline(path, "CPU"))
            return _made(self._loaded[1], messages, options, stopped)
        except (RuntimeError, ValueError, TypeError) as error:  # all that OpenVINO raises
            return {"broken": " ".join(str(error).split())[-300:] or type(error).__name__}


def _made(
    pipeline: Any, messages: list[dict[str, str]], options: dict[str, Any], stopped: Callable[[], bool]
) -> Said:
    genai = runtime.genai()
    until, late = time.monotonic() + float(options["seconds"]), False

    def hear(_: str) -> Any:
        nonlocal late
        late = time.monotonic() > until
        going_on = not (late or stopped())
        return genai.StreamingStatus.RUNNING if going_on else genai.StreamingStatus.CANCEL

    made = pipeline.generate(genai.ChatHistory(messages), _config(genai, pipeline, options), hear)
    metrics = made.perf_metrics
    why = str(made.finish_reasons[0].name).lower() if made.finish_reasons else "stop"
    return {
        "text": str(made.texts[0]),
        "input_tokens": int(metrics.get_num_input_tokens()),
        "output_tokens": int(metrics.get_num_generated_tokens()),
        "why": "late" if late else why,
    }


def _config(genai: Any, pipeline: Any, options: dict[str, Any]) -> Any:
    config = pipeline.get_generation_config()
    config.max_new_tokens = int(options["max_tokens"])
    if options["temperature"]:
        config.do_sample, config.temperature = True, float(options["temperature"])
    if options["schema"]:
        config.structured_output_config = genai.StructuredOutputConfig(json_schema=options["schema"])
    return config
