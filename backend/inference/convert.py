"""From safetensors to OpenVINO IR without torch: BERT, masked mean pooling and L2 norm as one graph."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file  # pyright: ignore[reportUnknownVariableType]

from backend.core import log
from backend.core.settings import settings
from backend.inference import source
from backend.inference.runtime import ops, ov

VERSION = 1  # raise it when the graph below changes: converted models are kept by it
_HEADS, _LAYERS, _EPSILON = 12, 6, 1e-12

_log = log.get(__name__)


def ensure_converted() -> Path:
    """The folder of the converted model (model.xml, model.bin, tokenizer.json), made at the first call."""
    models = settings().data_dir / "models"
    target = models / f"{source.NAME}-{source.WEIGHTS_SHA256[:12]}-v{VERSION}"
    if _is_whole(target):
        return target
    models.mkdir(parents=True, exist_ok=True)
    package = source.folder()
    with tempfile.TemporaryDirectory(dir=models, prefix=".converting-") as scratch:
        fresh = Path(scratch) / "model"
        fresh.mkdir()
        ov.save_model(
            build(load_file(package / "model.safetensors")), fresh / "model.xml", compress_to_fp16=True
        )
        shutil.copy(package / "tokenizer.json", fresh / "tokenizer.json")
        hashes = {file.name: source.sha256(file) for file in sorted(fresh.iterdir())}
        (fresh / "manifest.json").write_text(json.dumps({"sha256": hashes, "source": source.WEIGHTS_SHA256}))
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
    _log.info("inference.converted", model=source.NAME, path=str(target))
    return target


def _is_whole(folder: Path) -> bool:
    """True when every file is there with the hash that was written beside it."""
    manifest = folder / "manifest.json"
    if not manifest.exists():
        return False
    hashes: dict[str, str] = json.loads(manifest.read_text())["sha256"]
    return all(
        (folder / name).exists() and source.sha256(folder / name) == value for name, value in hashes.items()
    )


def build(weights: dict[str, Any]) -> ov.Model:
    """The graph: `input_ids` and `attention_mask` of any shape in, unit-length sentence embeddings out."""
    ids = ops.parameter([-1, -1], np.int32, name="input_ids")
    mask = ops.parameter([-1, -1], np.int32, name="attention_mask")
    hidden = _embeddings(ids, weights)
    attended = ops.unsqueeze(ops.convert(mask, "boolean"), ops.constant(np.array([1, 2])))
    for number in range(_LAYERS):
        hidden = _layer(hidden, attended, _below(weights, f"encoder.layer.{number}."))
    pooled = _mean(hidden, mask)
    embedding = ops.normalize_l2(pooled, ops.constant(np.array([1])), eps=_EPSILON, eps_mode="max")
    embedding.output(0).set_names({"embedding"})
    return ov.Model([embedding], [ids, mask], source.NAME)  # pyright: ignore[reportGeneralTypeIssues]


def _embeddings(ids: Any, weights: dict[str, Any]) -> Any:
    """Words, plus positions 0, 1, 2 …, plus the one token type, normed."""
    own = _below(weights, "embeddings.")
    length = ops.gather(ops.shape_of(ids), ops.constant(1), ops.constant(0))
    places = ops.range(ops.constant(0, np.int64), length, ops.constant(1, np.int64), "i64")
    positions = own["position_embeddings.weight"] + own["token_type_embeddings.weight"][0]
    words = ops.gather(ops.constant(own["word_embeddings.weight"]), ids, ops.constant(0))
    return _norm(
        ops.add(words, ops.gather(ops.constant(positions), places, ops.constant(0))), own, "LayerNorm"
    )


def _layer(hidden: Any, attended: Any, own: dict[str, Any]) -> Any:
    query, key, value = (
        _heads(_dense(hidden, own, f"attention.self.{part}")) for part in ("query", "key", "value")
    )
    heads = ops.scaled_dot_product_attention(query, key, value, attended)
    joined = ops.reshape(
        ops.transpose(heads, ops.constant([0, 2, 1, 3])),
        ops.constant([0, 0, source.DIMENSIONS]),
        special_zero=True,
    )
    seen = _norm(
        ops.add(hidden, _dense(joined, own, "attention.output.dense")), own, "attention.output.LayerNorm"
    )
    wide = ops.gelu(_dense(seen, own, "intermediate.dense"), "erf")
    return _norm(ops.add(seen, _dense(wide, own, "output.dense")), own, "output.LayerNorm")


def _dense(x: Any, own: dict[str, Any], name: str) -> Any:
    product = ops.matmul(x, ops.constant(own[f"{name}.weight"]), False, True)
    return ops.add(product, ops.constant(own[f"{name}.bias"]))


def _heads(x: Any) -> Any:
    split = ops.constant([0, 0, _HEADS, source.DIMENSIONS // _HEADS])
    return ops.transpose(ops.reshape(x, split, special_zero=True), ops.constant([0, 2, 1, 3]))


def _norm(x: Any, own: dict[str, Any], name: str) -> Any:
    even = ops.mvn(x, ops.constant([-1]), True, _EPSILON, "inside_sqrt")
    return ops.add(ops.multiply(even, ops.constant(own[f"{name}.weight"])), ops.constant(own[f"{name}.bias"]))


def _mean(hidden: Any, mask: Any) -> Any:
    weights = ops.unsqueeze(ops.convert(mask, "f32"), ops.constant(2))
    total = ops.reduce_sum(ops.multiply(hidden, weights), ops.constant([1]))
    return ops.divide(
        total, ops.maximum(ops.reduce_sum(weights, ops.constant([1])), ops.constant(np.float32(1)))
    )


def _below(weights: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}
