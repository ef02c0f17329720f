"""Which sagas of a run were undone, and what of them: their steps hold no longer, whatever their rows say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from backend.engine.ports import StepId
from backend.runs.fork_split import Split
from backend.runs.models import RunEvent


@dataclass(frozen=True)
class Rolled:
    """How the undoing of one saga ended."""

    saga: StepId
    undone: Sequence[str]
    failed: Sequence[str]


def sagas(told: Iterable[RunEvent]) -> frozenset[StepId]:
    """Those whose undoing began; it may have ended well, or not, or not at all."""
    return frozenset(_step(event) for event in told if event.kind == "saga.compensating")


def rolled(told: Iterable[RunEvent]) -> list[Rolled]:
    """What is known of each undoing that ended."""
    ends = [event for event in told if event.kind in ("saga.compensated", "saga.failed")]
    return [Rolled(_step(e), e.data.get("undone", ()), e.data.get("failed", ())) for e in ends]


def statement(found: Sequence[Rolled], split: Split, names: Mapping[str, str]) -> str:
    """The same in words, with what the fork makes of it; empty where nothing was undone."""
    again = [one for one in found if split.why_again(one.saga)]
    stays = [one for one in found if not split.why_again(one.saga)]
    told = [
        _told("Was undone, so it is done again", [node for one in again for node in one.undone], names),
        _told("Could not be undone and is done once more", [n for one in again for n in one.failed], names),
        _told("Stays undone", [node for one in stays for node in one.undone], names),
    ]
    return " ".join(sentence for sentence in told if sentence)


def _told(words: str, nodes: Iterable[str], names: Mapping[str, str]) -> str:
    listed = ", ".join(dict.fromkeys(names.get(node, node) for node in nodes))
    return f"{words}: {listed}." if listed else ""


def _step(event: RunEvent) -> StepId:
    return StepId(event.node_id or "", event.path, event.visit)
