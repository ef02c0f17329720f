"""Asks the models of a chain in their order until one answers, and says which did not and why."""

from collections.abc import Awaitable, Callable, Sequence

from pydantic import JsonValue

from backend.inference import breakers, chat
from backend.inference.breakers import Told
from backend.inference.chat_errors import (
    ChatError,
    KeyMissing,
    KeyRefused,
    ModelBusy,
    ModelFailed,
    ModelResting,
    ModelTooSlow,
    ModelUnknown,
)
from backend.inference.chat_types import ChatReply, Failed

MOST = 10
_PASSES_ON = (ModelBusy, ModelFailed, ModelTooSlow, ModelResting)
_LEFT_OUT = (KeyMissing, KeyRefused, ModelUnknown)
"""A fallback that cannot be asked does not end the chain; the first model's mistakes are the node's own."""

Once = Callable[[str], Awaitable[ChatReply]]


async def ask(
    model: str, fallbacks: JsonValue, team_id: str, once: Once, told: Told = breakers.nobody
) -> ChatReply:
    """The first answer, with the models that failed before it; `once` asks one model, `told` is told of moved breakers.

    The next one is asked after 429, 5xx, half an answer and timeouts. Raises the first error if none answers.
    """
    chain = list(dict.fromkeys([model, *_named(fallbacks)]))[: MOST + 1]
    failed: list[tuple[Failed, ChatError]] = []
    for name in chain:
        try:
            reply = await _guarded(name, team_id, once, told)
        except (*_PASSES_ON, *_LEFT_OUT) as error:
            if not failed and isinstance(error, _LEFT_OUT):
                raise
            failed.append((Failed(model=name, code=error.code, why=error.message), error))
        else:
            return reply.model_copy(update={"tried": tuple(one for one, _ in failed)})
    raise _none_answered(failed)


async def _guarded(name: str, team_id: str, once: Once, told: Told) -> ChatReply:
    """Models of this installation have no provider that could need rest."""
    if name.partition(":")[0] not in chat.PROVIDERS:
        return await once(name)
    return await breakers.through(team_id, name, lambda: once(name), told)


def _named(fallbacks: JsonValue) -> list[str]:
    listed = fallbacks if isinstance(fallbacks, list) else []
    return [name.strip() for name in listed if isinstance(name, str) and name.strip()]


def _none_answered(failed: Sequence[tuple[Failed, ChatError]]) -> ChatError:
    """The first model's error, with what became of the others; soonest says when another try may be worth it."""
    first = failed[0][1]
    if len(failed) == 1:
        return first
    others = " ".join(f"{one.model}: {one.why}" for one, _ in failed[1:])
    first.message = f"{first.message} The fallbacks did not answer either. {others}"
    first.args = (first.message,)
    waits = [error.details.get("retry_after") for _, error in failed]
    first.details |= {"tried": [one.model_dump() for one, _ in failed]}
    if all(isinstance(wait, int | float) for wait in waits):
        first.details["retry_after"] = min(float(wait) for wait in waits if isinstance(wait, int | float))
    return first
