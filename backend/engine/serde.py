"""The serializer of checkpoints: msgpack of plain data and LangGraph's own types, nothing else (decision D7)."""

import logging
import tempfile
from pathlib import Path

import ormsgpack
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer


class UnsafeSerializer(RuntimeError):
    """The installed LangGraph constructs arbitrary classes from stored bytes."""


def strict() -> JsonPlusSerializer:
    """A serializer that builds no class that LangGraph does not vouch for."""
    return JsonPlusSerializer(allowed_msgpack_modules=None)


def hostile_blobs(target: Path) -> list[bytes]:
    """Bytes that a permissive reader turns into `os.mkdir(target)`, one for each of LangGraph's constructor codes."""
    path = str(target)
    payloads = [("os", "mkdir", path), ("os", "mkdir", (path,)), ("os", "mkdir", {"path": path})]
    return [ormsgpack.packb(ormsgpack.Ext(code, ormsgpack.packb(p))) for code, p in enumerate(payloads)]


def check() -> None:
    """Load hostile blobs with the serializer we use; raise UnsafeSerializer if one of them acts."""
    # What the serializer says when it blocks a class is no warning here, but the proof that it works.
    talker = logging.getLogger(JsonPlusSerializer.__module__)
    talker.addFilter(_silent)
    try:
        _try_hostile_blobs()
    finally:
        talker.removeFilter(_silent)


def _silent(_record: logging.LogRecord) -> bool:
    return False


def _try_hostile_blobs() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for number, blob in enumerate(hostile_blobs(target := Path(folder) / "made")):
            strict().loads_typed(("msgpack", blob))
            if target.exists():
                raise UnsafeSerializer(
                    f"The installed langgraph-checkpoint runs code from stored bytes (form {number}). "
                    "Install the versions of requirements/base.lock."
                )
