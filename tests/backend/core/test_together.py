"""Many who ask at the same moment are answered together, each with their own answer or error."""

import asyncio
from collections.abc import Sequence

from backend.core.together import Together


async def test_while_one_batch_is_under_way_the_next_one_gathers() -> None:
    batches: list[list[int]] = []
    go = asyncio.Event()

    async def double(asked: Sequence[int]) -> list[int]:
        batches.append(list(asked))
        await go.wait()
        return [one * 2 for one in asked]

    together = Together[int, int](double)
    first = asyncio.ensure_future(together.ask(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.ensure_future(together.ask(n)) for n in (2, 3, 4)]
    await asyncio.sleep(0)
    others[1].cancel()
    go.set()
    assert await first == 2
    answers = await asyncio.gather(*others, return_exceptions=True)
    assert isinstance(answers.pop(1), asyncio.CancelledError)
    assert answers == [4, 8]
    assert batches == [[1], [2, 3, 4]]


async def test_an_error_is_its_own_askers_alone() -> None:
    async def picky(asked: Sequence[int]) -> list[int | Exception]:
        return [ValueError("odd") if one % 2 else one for one in asked]

    together = Together[int, int](picky)
    answers = await asyncio.gather(*(together.ask(n) for n in range(4)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [int, ValueError, int, ValueError]


async def test_a_batch_that_fails_harmlessly_is_done_one_by_one_and_any_other_is_not_repeated() -> None:
    calls: list[list[int]] = []

    async def fails(asked: Sequence[int]) -> list[int]:
        calls.append(list(asked))
        if 3 in asked:
            raise LookupError
        if 5 in asked:
            raise OSError
        return list(asked)

    together = Together[int, int](fails, apart=(LookupError,))
    answers = await asyncio.gather(*(together.ask(n) for n in (1, 3)), return_exceptions=True)
    assert answers[0] == 1
    assert isinstance(answers[1], LookupError)
    assert calls == [[1, 3], [1], [3]]
    lost = await asyncio.gather(*(together.ask(n) for n in (1, 5)), return_exceptions=True)
    assert [type(answer) for answer in lost] == [OSError, OSError]
    assert calls[3:] == [[1, 5]]
    assert await together.ask(1) == 1
