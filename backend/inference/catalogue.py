"""The models of this installation: the embedded one, the ones that need no provider, and what providers offer."""

from collections.abc import Collection
from typing import Any

import httpx2
from pydantic import BaseModel, ValidationError

from backend.core.queue import link
from backend.inference import breakers, chat, chat_extractive, chat_scripted, client, local_models, workers
from backend.inference.breakers import Breaker
from backend.inference.chat import Provider
from backend.inference.schemas import ModelPublic

_PATIENCE_SECONDS = 2.0
_MOST_NAMES = 200


class _Named(BaseModel):
    id: str


class _Listed(BaseModel):
    """What OpenAI's protocol answers to `GET /models`; other fields do not matter here."""

    data: list[_Named]


async def models(secrets: Collection[str], team_id: str) -> list[ModelPublic]:
    """Every model, for a team that holds secrets of these names."""
    embedded = await _embedded()
    found = [embedded, *_offline(), *_local(answers=embedded.available)]
    for name in chat.PROVIDERS:
        provider = chat.provider(name)
        if provider is None:
            continue
        listed = await _own(provider) if provider.operators_own else [_keyed(provider, secrets)]
        breaker = await breakers.look(team_id, name)
        found += [_resting(one, breaker) for one in listed]
    return found


def _resting(model: ModelPublic, breaker: Breaker) -> ModelPublic:
    """With what its provider's breaker says; one that rests would not answer."""
    if breaker.state != "open" or breaker.until is None:
        return model.model_copy(update={"breaker": breaker})
    told = f"It failed {breaker.failures} times in a row and is asked again at {breaker.until:%H:%M:%S} UTC. {breaker.why}"
    return model.model_copy(update={"breaker": breaker, "available": False, "note": told})


async def _embedded() -> ModelPublic:
    try:
        alive = await workers.living()
        note = f"{len(alive)} inference worker{'s' * (len(alive) != 1)} answer with it."
    except link.LOST:
        alive, note = (
            [],
            "Redis does not answer, so nobody knows of inference workers. Look at `quadrille doctor`.",
        )
    else:
        failed = next((one.last_error for one in alive if one.last_error), "")
        if not alive:
            note = "No inference worker is running. Start one with `quadrille worker --inference`."
        elif failed:
            note += f" The last failure: {failed}"
    return ModelPublic(
        name=client.MODEL,
        title="MiniLM: embedding, search and classification",
        kind="embedding",
        offline=True,
        available=bool(alive),
        note=note,
    )


def _offline() -> list[ModelPublic]:
    about = (
        (
            chat_extractive.NAME,
            "Extractive",
            "Answers with sentences of the given passages; writes nothing itself.",
        ),
        (chat_scripted.NAME, "Scripted", "Says what the node's script says; for tests and templates."),
    )
    return [
        ModelPublic(name=name, title=title, kind="chat", offline=True, available=True, note=note)
        for name, title, note in about
    ]


def _local(*, answers: bool) -> list[ModelPublic]:
    """What lies in the operator's folder; an inference worker of another machine has a folder of its own."""
    note = "Played by an inference worker." if answers else "No inference worker is running."
    about: dict[str, Any] = {"kind": "chat", "offline": True, "available": answers, "note": note}
    return [
        ModelPublic(name=f"openvino:{name}", title=f"{name} in this installation", **about)
        for name in local_models.names()
    ]


def _keyed(provider: Provider, secrets: Collection[str]) -> ModelPublic:
    has_key = provider.secret in secrets
    note = (
        f"Write the model's name in place of MODEL. The key is the secret {provider.secret}."
        if has_key
        else f"Needs a key: store it as the secret {provider.secret} of your team."
    )
    return _provided(provider, "MODEL", available=has_key, note=note)


async def _own(provider: Provider) -> list[ModelPublic]:
    """The models that the operator's own server lists, or one entry that says why it lists none."""
    try:
        names = await _listed(provider)
    except httpx2.HTTPStatusError as error:
        # A server that wants a key lists nothing here; whether it answers the team's key, a run will tell.
        note = f"{provider.base_url} does not list its models ({error.response.status_code}). Write a name it knows."
        return [_provided(provider, "MODEL", available=error.response.status_code < 500, note=note)]
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        note = f"{provider.base_url} does not answer: {type(error).__name__}. See QUADRILLE_OPENAI_BASE_URL."
        return [_provided(provider, "MODEL", available=False, note=note)]
    except ValidationError:
        note = f"{provider.base_url}/models is no list of models. Write a name that it knows."
        return [_provided(provider, "MODEL", available=True, note=note)]
    return [
        _provided(provider, name, available=True, note=f"Served by {provider.base_url}.") for name in names
    ]


async def _listed(provider: Provider) -> list[str]:
    async with httpx2.AsyncClient(trust_env=False, timeout=_PATIENCE_SECONDS) as http:
        answer = await http.get(f"{provider.base_url.rstrip('/')}/models")
        answer.raise_for_status()
    return sorted(one.id for one in _Listed.model_validate_json(answer.content).data)[:_MOST_NAMES]


def _provided(provider: Provider, model: str, *, available: bool, note: str) -> ModelPublic:
    return ModelPublic(
        name=f"{provider.name}:{model}",
        title=f"{provider.name.capitalize()} {model}",
        kind="chat",
        offline=False,
        available=available,
        note=note,
    )
