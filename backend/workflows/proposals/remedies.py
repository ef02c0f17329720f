"""Help for a failed step without a model: what its error code means, and where a rule knows one, a change that may mend it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from backend.workflows.diagram import Diagram, Node, Retry
from backend.workflows.proposals.schemas import Failed

Change = Callable[[Node], Mapping[str, Any]]


@dataclass(frozen=True)
class Remedy:
    """What is told, and the change that is proposed, if there is one."""

    told: str
    change: Change | None = None


def _retried(node: Node) -> Mapping[str, Any]:
    attempts = min(20, max(3, node.retry.max_attempts + 2))
    return {"retry": Retry(max_attempts=attempts, backoff_seconds=max(2.0, node.retry.backoff_seconds))}


def _longer(node: Node) -> Mapping[str, Any]:
    return {"timeout_seconds": min(86_400.0, 2 * (node.timeout_seconds or 60.0))}


def _patient(node: Node) -> Mapping[str, Any]:
    before = node.config.get("timeout_seconds")
    seconds = before if isinstance(before, int | float) and before > 0 else 10.0
    return {**_retried(node), "config": {**node.config, "timeout_seconds": min(120.0, 3.0 * seconds)}}


def _routed(node: Node) -> Mapping[str, Any]:
    return {"on_error": "route"} if node.on_error == "fail" else {}


def _fewer(node: Node) -> Mapping[str, Any]:
    return {"config": {**node.config, "mode": "all"}}


_ROUTED = (
    "It is proposed to let errors leave by the port error, so that the run can go on another way: wire that port to what "
    "should happen then."
)
_PASSING = Remedy(
    "The other side was in trouble, or did not answer in time. That often passes: it is proposed to try again, with longer "
    "pauses.",
    _retried,
)
_WRONG_WORDS = (
    "An expression or a setting met data that it does not fit, often a field that is missing this time. Look at Input in the "
    "node's panel, and give what may be missing a default: {{ input.name | default('nobody') }}. "
)
_KNOWN: dict[str, Remedy] = {
    "timeout": Remedy("The step took longer than its time limit. It is proposed to double the limit.", _longer),
    "unavailable": _PASSING, "http_status": _PASSING, "model_failed": _PASSING, "model_busy": _PASSING,
    "model_too_slow": _PASSING, "outbound": _PASSING,
    "outbound_failed": _PASSING, "chat": _PASSING,
    "outbound_timeout": Remedy("The address did not answer in time. It is proposed to wait longer and to try again.", _patient),
    "expression": Remedy(_WRONG_WORDS + _ROUTED, _routed),
    "rule": Remedy(_WRONG_WORDS + _ROUTED, _routed),
    "code_failed": Remedy("The code raised an error; the message says in which line. Run the node with pinned data until it "
                          "is right. " + _ROUTED, _routed),
    "join_short": Remedy("Fewer branches can come than the join waits for. It is proposed to wait for all that can come.", _fewer),
    "model_key_missing": Remedy("The model's provider has no key here. Store it under Settings, Secrets, or choose another model; "
                          "no change of the diagram is needed."),
    "model_unknown": Remedy("There is no model of that name here. Choose one of the list in the node's settings; no change of the "
                            "diagram is proposed, for only you know which."),
    "model_key_refused": Remedy("The provider refuses the key. Store a valid one under Settings, Secrets."),
    "model_request_refused": Remedy("The model refused the request, most often because it is too long. Shorten the prompt or the "
                                    "passages. " + _ROUTED, _routed),
    "outbound_refused": Remedy("The address is private or not allowed. Only the operator can allow it."),
    "outbound_address": Remedy("That is no web address. Look at what the setting Address becomes, under the field."),
    "sandbox_limit": Remedy("The code took too long, or too much memory. Do less in it: work on the list with Map, entry by entry."),
    "secret_missing": Remedy("The node names a secret that the team does not have. Store it under Settings, Secrets, by exactly "
                             "this name; no change of the diagram is needed."),
    "machine_stuck": Remedy("The state has no transition that fits, or the machine never comes to a final state. Add a "
                            "transition without a guard at the bottom of the state's list."),
    "compensated": Remedy("The saga failed and what it had done was undone. Its first error says why; wire the port "
                          "compensated where the run should go on then."),
    "cancelled": Remedy("The step was stopped because the run was cancelled. There is nothing to mend."),
}  # fmt: skip
_REFUSED = Remedy(
    "The server refused the request. Trying again gives the same: look at the address, the sign-in and the body of the request. "
    + _ROUTED,
    _routed,
)


def of(diagram: Diagram, failure: Failed) -> tuple[str, Diagram]:
    """What is told of the failure, and the diagram with the change that is proposed."""
    node = next((one for one in diagram.nodes if one.id == failure.node_id), None)
    remedy = _remedy(failure)
    if remedy is None:
        told = (
            f"There is no rule for the error “{failure.code or 'unknown'}”, and explaining it takes a model. Choose one, or look at "
            "the run: its page shows what the step got and what it answered. "
        )
        remedy = Remedy(told + _ROUTED, _routed)
    change: Mapping[str, Any] = remedy.change(node) if node and remedy.change else {}
    if not change:
        return remedy.told, diagram
    nodes = tuple(one.model_copy(update=change) if one is node else one for one in diagram.nodes)
    return remedy.told, diagram.model_copy(update={"nodes": nodes})


def _remedy(failure: Failed) -> Remedy | None:
    """Statuses of 400 and more mean the request itself, but for those that ask for patience."""
    if failure.code == "http_status" and " answered 4" in failure.message:
        passing = any(f"answered {status}" in failure.message for status in (408, 425, 429))
        return _PASSING if passing else _REFUSED
    return _KNOWN.get(failure.code)
