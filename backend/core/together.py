"""Does in one go what many ask for at the same moment: while one batch is under way, the next one gathers."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Given = TypeVar("Given")
MOST = 200


class Together(Generic[Asked, Given]):
    """`do` gives an answer or an error for each that was asked, in the same order.

    Where `do` itself fails with one of `apart`, nothing was done, and each is asked alone, so that only the one who is
    the cause suffers from it. Any other failure is everybody's.
    """

    def __init__(
        self,
        do: Callable[[Sequence[Asked]], Awaitable[Sequence[Given | Exception]]],
        *,
        apart: tuple[type[Exception], ...] = (),
    ) -> None:
        self._do = do
        self._apart = apart
        self._waiting: list[tuple[Asked, asyncio.Future[Given]]] = []
        self._working: asyncio.Task[None] | None = None

    async def ask(self, one: Asked) -> Given:
        """The answer for this one; raises its error."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Given] = loop.create_future()
        self._waiting.append((one, future))
        if self._working is None or self._working.done():
            # It works for all who ask, so no TaskGroup of one of them can own it; each waits for its own answer.
            self._working = loop.create_task(self._work())
        return await future

    async def _work(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            for (_, future), answer in zip(
                taken, await self._answers([one for one, _ in taken]), strict=True
            ):
                if future.done():  # whoever asked was cancelled
                    continue
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)

    async def _answers(self, asked: Sequence[Asked]) -> Sequence[Given | Exception]:
        try:
            return await self._do(asked)
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            if len(asked) == 1 or not isinstance(error, self._apart):
                return [error] * len(asked)
        return [answer for one in asked for answer in await self._answers([one])]
