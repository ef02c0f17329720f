"""Asks a chat model by its name: a script, the extractive one, or a provider's.

`scripted/extractive` and `scripted/script` need neither network nor key. `openai:MODEL` and `anthropic:MODEL` need a
key of the team; `compatible:MODEL` speaks OpenAI's protocol to the server of `QUADRILLE_OPENAI_BASE_URL`;
`openvino:NAME` is a folder of the operator's, played by an inference worker.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from backend.core.errors import NotFound
from backend.core.settings import settings
from backend.inference import chat_extractive, chat_local, chat_scripted, prices
from backend.inference.chat_errors import KeyMissing, ModelUnknown
from backend.inference.chat_types import ChatMessage, ChatReply, Hear

PROVIDERS = ("openai", "anthropic", "compatible")
NAMES = (
    "scripted/extractive, scripted/script, openai:MODEL, anthropic:MODEL, compatible:MODEL or openvino:NAME"
)
# Gives a stored secret of the team by name; raises NotFound.
SecretOf = Callable[[str], Awaitable[str]]


@dataclass(frozen=True)
class Provider:
    """Where a provider's models are, and the name of the secret that holds its key."""

    name: str
    base_url: str
    secret: str
    needs_key: bool = True
    operators_own: bool = False  # an address from the settings may be private


def provider(name: str) -> Provider | None:
    """The provider of that name; none for a name that means nothing here."""
    known = {
        "openai": Provider("openai", "https://api.openai.com/v1", "OPENAI_API_KEY"),
        "anthropic": Provider("anthropic", "https://api.anthropic.com", "ANTHROPIC_API_KEY"),
    }
    if (own := settings().openai_base_url) and name == "compatible":
        return Provider("compatible", own, "COMPATIBLE_API_KEY", needs_key=False, operators_own=True)
    return known.get(name)


def is_known(model: str) -> bool:
    """Whether the name can be a model's here; whether it answers, asking will tell."""
    if model in (chat_extractive.NAME, chat_scripted.NAME):
        return True
    name, _, model_name = model.partition(":")
    return bool(model_name) and (name == "openvino" or provider(name) is not None)


async def ask(
    model: str,
    messages: Sequence[ChatMessage],
    options: Mapping[str, JsonValue],
    secret_of: SecretOf,
    hear: Hear | None = None,
) -> ChatReply:
    """The model's answer, whose pieces `hear` hears as they come; raises one of the errors of `chat_errors`.

    Options: `temperature`, `max_tokens`, `timeout_seconds`, `tools`, `schema`; for scripted models `passages`, `script`, `attempt`.
    """
    if model == "scripted/extractive":
        return _free(_at_once(chat_extractive.answer(messages, options), hear))
    if model == "scripted/script":
        return _free(await chat_scripted.answer(messages, options, hear))
    name, _, model_name = model.partition(":")
    if name == "openvino" and model_name:
        return await chat_local.answer(model_name, messages, options, hear)
    chosen = provider(name)
    if chosen is None or not model_name:
        raise _unknown(model, name)
    # Late, because LangChain takes a second to load and only workers that ask a provider need it.
    from backend.inference import chat_provider

    key = await _key(chosen, secret_of)
    return await chat_provider.answer(chosen, model_name, key, messages, options, hear)


def _free(reply: ChatReply) -> ChatReply:
    """Models of this installation cost what the table says of them: nothing, unless the operator wants it otherwise."""
    return reply.model_copy(
        update={"cost": prices.cost(reply.model, reply.input_tokens, reply.output_tokens)}
    )


def _at_once(reply: ChatReply, hear: Hear | None) -> ChatReply:
    """It is made in a moment, so it is heard in one piece."""
    if hear is not None:
        hear(reply.text)
    return reply


async def _key(chosen: Provider, secret_of: SecretOf) -> str:
    try:
        return await secret_of(chosen.secret)
    except NotFound:
        if chosen.needs_key:
            raise KeyMissing(
                f"There is no key for {chosen.name}.",
                fix=f"Store it as the secret {chosen.secret} of your team.",
            ) from None
        return ""


def _unknown(model: str, provider_name: str) -> ModelUnknown:
    if provider_name == "compatible":
        return ModelUnknown(
            f"There is no server for {model}.",
            fix="Set QUADRILLE_OPENAI_BASE_URL and name the model after the colon.",
        )
    return ModelUnknown(
        f"There is no model called “{model}”.",
        fix=f"Use {NAMES}.",
    )
