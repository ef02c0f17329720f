"""OpenVINO itself, imported so that it tells nobody: the only importer of openvino, with everything it gives us."""

import importlib
import sys
from functools import lru_cache
from typing import Any, cast

# `import openvino` reports itself to an analytics service unless its telemetry package is missing; then a stub of its
# own takes over. A self-hosted product sends nothing, so for this process the package is missing.
sys.modules.setdefault("openvino_telemetry", cast(Any, None))

import openvino as ov  # noqa: E402 - only after the line above
from openvino import opset15  # noqa: E402

from backend.core.errors import Unavailable  # noqa: E402

__all__ = ["fast_bf16", "genai", "ops", "ov"]

ops: Any = opset15  # its functions are half typed


@lru_cache
def genai() -> Any:
    """OpenVINO GenAI, which takes half a second to load; raises Unavailable where there is no build of it."""
    try:
        return importlib.import_module("openvino_genai")
    except ImportError as error:
        raise Unavailable(
            f"OpenVINO GenAI cannot be loaded here: {error}",
            fix="Ask a model of an OpenAI-compatible server instead (QUADRILLE_OPENAI_BASE_URL).",
        ) from None


def fast_bf16() -> bool:
    """True where the CPU computes in bf16: 3.2 times as fast as f32 with AMX, 1.7 times with AVX-512 alone."""
    return bool({"amx_bf16", "avx512_bf16"} & _cpu_flags())


def _cpu_flags() -> set[str]:
    try:
        with open("/proc/cpuinfo") as file:  # noqa: PTH123 - a kernel file, read line by line
            line = next((line for line in file if line.startswith("flags")), "")
    except OSError:
        return set()
    return set(line.split())
