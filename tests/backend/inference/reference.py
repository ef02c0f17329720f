"""MiniLM in plain numpy, straight from its weights: an independent answer to compare OpenVINO's with."""

from typing import Any

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from backend.inference import source


def _norm(x: Any, w: dict[str, Any], name: str) -> Any:
    even = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
    return even * w[f"{name}.weight"] + w[f"{name}.bias"]


def _dense(x: Any, w: dict[str, Any], name: str) -> Any:
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def _erf(x: Any) -> Any:
    from math import erf

    return np.vectorize(erf)(x)


def _layer(x: Any, w: dict[str, Any], name: str) -> Any:
    def heads(part: str) -> Any:
        return _dense(x, w, f"{name}.attention.self.{part}").reshape(len(x), 12, 32).transpose(1, 0, 2)

    query, key, value = heads("query"), heads("key"), heads("value")
    scores = query @ key.transpose(0, 2, 1) / np.sqrt(32)
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    seen = ((scores / scores.sum(-1, keepdims=True)) @ value).transpose(1, 0, 2).reshape(len(x), 384)
    x = _norm(x + _dense(seen, w, f"{name}.attention.output.dense"), w, f"{name}.attention.output.LayerNorm")
    wide = _dense(x, w, f"{name}.intermediate.dense")
    wide = wide * (1 + _erf(wide / np.sqrt(2))) / 2
    return _norm(x + _dense(wide, w, f"{name}.output.dense"), w, f"{name}.output.LayerNorm")


def embedding(text: str) -> Any:
    """The unit-length embedding of a text, in float64 arithmetic."""
    folder = source.folder()
    w = {name: value.astype(np.float64) for name, value in load_file(folder / "model.safetensors").items()}
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    ids = tokenizer.encode(text).ids
    x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][: len(ids)]
    x = _norm(x + w["embeddings.token_type_embeddings.weight"][0], w, "embeddings.LayerNorm")
    for number in range(6):
        x = _layer(x, w, f"encoder.layer.{number}")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)
