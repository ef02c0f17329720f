"""A language model of one layer with random weights in the form of OpenVINO GenAI: bytes are its tokens, quotes its taste.

It needs neither a download nor torch. What it says means nothing; held to a schema, it gives what the schema allows.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from backend.inference.runtime import ops, ov

WORDS, WIDTH, END = 257, 32, 256
TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
LIKED = {'"': 60.0, "t": 20.0, "x": 10.0, " ": -90.0, "\n": -90.0, "\t": -90.0, "\r": -90.0}


def write(folder: Path) -> Path:
    """Make the model's files in the folder."""
    import openvino_tokenizers  # only here: it changes how openvino reads models

    folder.mkdir(parents=True)
    ov.save_model(_language_model(), folder / "openvino_model.xml", compress_to_fp16=False)
    vocabulary = [
        f"{n} {chr(n)!r} 1" if n < 128 else f"{n} {bytes([n])!r} 1" for n in range(1, 256)
    ]  # as RWKV's
    tokenizer, detokenizer = openvino_tokenizers.build_rwkv_tokenizer(vocabulary)
    ids = tokenizer.output(0).get_node().input_value(0)
    there = ops.convert(ops.greater(ops.convert(ids, np.int64), _int(0)), np.int64)
    there.output(0).set_names({"attention_mask"})
    tokenizer.add_results([ops.result(there.output(0))])
    tokenizer.set_rt_info(TEMPLATE, "chat_template")
    for name, model in (("tokenizer", tokenizer), ("detokenizer", detokenizer)):
        model.set_rt_info(END, "eos_token_id")
        ov.save_model(model, folder / f"openvino_{name}.xml", compress_to_fp16=False)
    config = {"model_type": "llama", "eos_token_id": END, "vocab_size": WORDS}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": END}))
    return folder


def _language_model() -> Any:
    lots = np.random.default_rng(7)

    def weights(*shape: int) -> Any:
        return ops.constant(lots.normal(size=shape).astype(np.float32) / 6)

    ids, mask, places = (_input(name) for name in ("input_ids", "attention_mask", "position_ids"))
    beam = _input("beam_idx", np.int32, 1)
    words = weights(WORDS, WIDTH)
    seen = ops.gather(words, ids, _int(0))
    keys, keep_keys = _remembered("key", seen, weights(WIDTH, WIDTH), ids, beam)
    values, keep_values = _remembered("value", seen, weights(WIDTH, WIDTH), ids, beam)
    asked = ops.unsqueeze(ops.matmul(seen, weights(WIDTH, WIDTH), False, False), _int([1]))
    looked = ops.scaled_dot_product_attention(asked, keys, values, causal=False)
    thought = ops.add(seen, ops.squeeze(looked, _int([1])))
    taste = np.zeros(WORDS, np.float32)
    for letter, liking in LIKED.items():
        taste[ord(letter)] = liking
    said = ops.add(ops.matmul(thought, words, False, True), ops.constant(taste))
    said.output(0).set_names({"logits"})
    made: Any = ov
    return made.Model(
        [ops.result(said.output(0))], [keep_keys, keep_values], [ids, mask, places, beam], "tiny"
    )


def _remembered(name: str, seen: Any, weights: Any, ids: Any, beam: Any) -> Any:
    """What was computed of all words so far, as the cache of a stateful model."""
    fresh = ops.unsqueeze(ops.matmul(seen, weights, False, False), _int([1]))
    rows = ops.gather(ops.shape_of(ids), _int([0]), _int(0))
    nothing = ops.broadcast(
        ops.constant(np.float32(0)), ops.concat([rows, _int([1]), _int([0]), _int([WIDTH])], 0)
    )
    info = ov.op.util.VariableInfo()
    info.data_shape, info.data_type = ov.PartialShape([-1, 1, -1, WIDTH]), ov.Type.f32
    info.variable_id = f"past_key_values.0.{name}present.0.{name}"
    variable = ov.op.util.Variable(info)
    whole = ops.concat([ops.gather(ops.read_value(nothing, variable), beam, _int(0)), fresh], 2)
    return whole, ops.assign(whole, variable)


def _input(name: str, kind: type[Any] = np.int64, rank: int = 2) -> Any:
    made = ops.parameter([-1] * rank, kind, name=name)
    made.output(0).set_names({name})
    return made


def _int(value: int | list[int]) -> Any:
    return ops.constant(np.asarray(value, np.int64))
