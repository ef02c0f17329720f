"""What can go wrong with a chat model, told so that the reader knows who must act.

ChatError (QuadrilleError)
├── ModelUnknown    422  the name names no model here, or the provider does not know it
├── KeyMissing      422  the team has no key for the provider
├── KeyRefused      422  the provider does not accept the key
├── RequestRefused  422  the provider does not accept the question
├── CallMalformed   502  the model called a tool with arguments that cannot be read
├── ModelBusy       429  too many requests, or the quota is used up
├── ModelResting    503  its provider failed several times in a row and is left alone for a while
├── ModelFailed     503  the provider failed or cannot be reached
└── ModelTooSlow    503  no answer in time
"""

from backend.core.errors import QuadrilleError


class ChatError(QuadrilleError):
    """A chat model gave no answer; `worth_retrying` says whether another try may help."""

    code, status, title = "chat", 503, "The model gave no answer"
    worth_retrying = False


class ModelUnknown(ChatError):
    """No such model."""

    code, status = "model_unknown", 422


class KeyMissing(ChatError):
    """There is no key for this provider."""

    code, status = "model_key_missing", 422


class KeyRefused(ChatError):
    """The provider refused the key."""

    code, status = "model_key_refused", 422


class RequestRefused(ChatError):
    """The provider refused the question."""

    code, status = "model_request_refused", 422


class CallMalformed(ChatError):
    """The model called a tool with arguments that cannot be read; `details` hold the tool and what came."""

    code, status = "model_call_malformed", 502
    worth_retrying = True


class ModelBusy(ChatError):
    """Too many requests; `details["retry_after"]` are the seconds after which the provider wants to be asked again."""

    code, status = "model_busy", 429
    worth_retrying = True


class ModelResting(ChatError):
    """The provider is not asked just now; `details["retry_after"]` are the seconds until it is."""

    code = "model_resting"
    worth_retrying = True


class ModelFailed(ChatError):
    """The provider failed."""

    code = "model_failed"
    worth_retrying = True


class ModelTooSlow(ChatError):
    """No answer in time."""

    code = "model_too_slow"
    worth_retrying = True


def of_status(status: int, model: str, detail: str, retry_after: float | None = None) -> ChatError:
    """The error that a provider's HTTP status stands for; `retry_after` is what it asked for."""
    said = f" It said: {detail[:300]}" if detail else ""
    wait = {} if retry_after is None else {"retry_after": retry_after}
    if status >= 500:
        told = f"The provider of {model} failed ({status}).{said}"
        return ModelFailed(told, fix="Let the node try again.", **wait)
    sort, sentence, fix = _BY_STATUS.get(
        status, (RequestRefused, "The provider of {} refused the question", "Check the node's settings.")
    )
    return sort(f"{sentence.format(model)} ({status}).{said}", fix=fix, **(wait if sort is ModelBusy else {}))


_BY_STATUS: dict[int, tuple[type[ChatError], str, str]] = {
    401: (KeyRefused, "The provider of {} refused the key", "Check the stored key."),
    403: (KeyRefused, "The provider of {} does not let this key use it", "Check what the key may do."),
    404: (ModelUnknown, "The provider does not know the model {}", "Check the model's name."),
    429: (ModelBusy, "The provider of {} takes no more requests now", "Retry later, or raise the quota."),
}
