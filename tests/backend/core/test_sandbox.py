"""User code gives values, is told its errors by line, and cannot reach or exhaust the machine."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import suppress

import psutil
import pytest

from backend.core import sandbox, sandbox_launcher


@pytest.fixture(params=["auto", "off"], autouse=True)
def own_sandbox(request: pytest.FixtureRequest, environment: pytest.MonkeyPatch) -> Iterator[str]:
    environment.setenv("QUADRILLE_SANDBOX_BWRAP", request.param)
    environment.setenv("QUADRILLE_SECRET_KEY", "planted-secret")
    sandbox_launcher.walls.cache_clear()
    yield request.param
    sandbox.close()
    sandbox_launcher.walls.cache_clear()


def workers() -> list[psutil.Process]:
    """Those that have not ended by the time they are asked for their name."""
    found: list[psutil.Process] = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            found += [child] * (child.name() == "monty")
    return found


async def test_expressions_are_evaluated_together() -> None:
    got = await sandbox.evaluate(
        ["input['a'] + 1", "[x * 2 for x in input['b']]"], {"input": {"a": 1, "b": [2, 3]}}
    )
    assert got == [2, [4, 6]]


async def test_the_failing_expression_is_named() -> None:
    with pytest.raises(sandbox.CodeFailed, match="division by zero") as failed:
        await sandbox.evaluate(["1", "1 / 0", "2"], {})
    assert failed.value.index == 1


async def test_code_gives_the_value_of_its_last_expression_and_what_it_prints() -> None:
    printed: list[str] = []
    got = await sandbox.run_code(
        "total = sum(rows)\nprint('seen', total)\n{'total': total}", {"rows": [1, 2]}, on_print=printed.append
    )
    assert (got, printed) == ({"total": 3}, ["seen 3\n"])


@pytest.mark.parametrize(
    ("source", "line", "said"),
    [
        ("def f():\n    return 1 / 0\n\nf()", 4, "division by zero"),
        ("x = 1\ny = = 2", 2, "cannot be read as Python"),
        ("missing", 1, "missing"),
    ],
)
async def test_errors_carry_the_line(source: str, line: int, said: str) -> None:
    with pytest.raises(sandbox.CodeFailed, match=said) as failed:
        await sandbox.run_code(source, {})
    assert failed.value.line == line


@pytest.mark.parametrize(
    "source",
    [
        "while True: pass",
        "'a' * 10**10",
        "9**9**9",
        "x = []\nwhile True: x.append('aaaaaaaaaaaaaaaaaaaaaaaaaaaaa' * 100000)",
        "def again():\n    try:\n        while True: pass\n    except BaseException:\n        again()\nagain()",
        "while True: print('flood' * 1000)",
    ],
)
async def test_greedy_code_is_stopped_and_the_next_code_runs(source: str) -> None:
    async with asyncio.timeout(60):
        with pytest.raises(sandbox.SandboxError) as stopped:
            await sandbox.run_code(source, {}, seconds=0.5)
    assert isinstance(stopped.value, sandbox.LimitExceeded | sandbox.CodeFailed)
    assert await sandbox.run_code("1 + 1", {}) == 2


async def test_deep_recursion_is_an_error_of_the_code() -> None:
    with pytest.raises(sandbox.CodeFailed, match="recursion"):
        await sandbox.run_code("def f(): return f()\nf()", {})


@pytest.mark.parametrize(
    "source",
    [
        "open('/etc/passwd').read()",
        "import os\nos.environ",
        "import os\nos.getenv('QUADRILLE_SECRET_KEY')",
        "import os\nos.listdir('/')",
        "import subprocess",
        "import socket",
        "__import__('os').system('id')",
        "().__class__.__bases__[0].__subclasses__()",
        "eval('1').__globals__",
    ],
)
async def test_nothing_of_the_machine_is_reachable(source: str) -> None:
    with pytest.raises(sandbox.CodeFailed):
        await sandbox.run_code(source, {})


async def test_nothing_is_left_for_the_next_visit() -> None:
    await sandbox.run_code("leak = 'mine'", {})
    for _ in range(3):
        with pytest.raises(sandbox.CodeFailed, match="leak"):
            await sandbox.run_code("leak", {})


async def test_the_workers_hold_no_secret(own_sandbox: str) -> None:
    await sandbox.run_code("1", {})
    found = workers()
    assert found
    for worker in found:
        assert "planted-secret" not in str(worker.environ())


async def test_a_worker_that_no_longer_answers_is_killed_and_replaced() -> None:
    await sandbox.evaluate(["1"], {})
    stopped = {worker.pid for worker in workers()}
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    async with asyncio.timeout(60):
        while stopped & {worker.pid for worker in workers()}:
            # More askers than workers, so that each stopped worker is asked, also where the pool starts them one by one.
            asked = [sandbox.evaluate(["1"], {}, seconds=0.2) for _ in range(6)]
            for answer in await asyncio.gather(*asked, return_exceptions=True):
                assert answer == [1] or isinstance(answer, sandbox.LimitExceeded)
    assert await sandbox.evaluate(["2"], {}) == [2]


async def test_long_code_does_not_delay_expressions() -> None:
    busy = [asyncio.ensure_future(sandbox.run_code("while True: pass", {}, seconds=60)) for _ in range(2)]
    assert await sandbox.evaluate(["1"], {}) == [1]
    assert not any(one.done() for one in busy)
    while not all(one.done() for one in busy):  # each as soon as it has a worker
        for worker in workers():
            with suppress(psutil.NoSuchProcess):
                worker.kill()
        await asyncio.wait(busy, timeout=0.1)
    ended = await asyncio.gather(*busy, return_exceptions=True)
    assert all(isinstance(end, sandbox.LimitExceeded) for end in ended)


async def test_closing_leaves_no_process() -> None:
    await sandbox.run_code("1", {})
    sandbox.close()
    assert workers() == []


async def test_a_demanded_wall_that_is_missing_is_an_error(
    environment: pytest.MonkeyPatch, tmp_path: object
) -> None:
    environment.setenv("QUADRILLE_SANDBOX_BWRAP", "on")
    environment.setenv("PATH", str(tmp_path))
    sandbox_launcher.walls.cache_clear()
    from tests.conftest import forget_settings

    forget_settings()
    with pytest.raises(sandbox.SandboxMissing, match="bubblewrap is demanded"):
        await sandbox.run_code("1", {})
