"""The reasons of dead letters as people read them, and what to do about each."""

from dataclasses import dataclass

from backend.dead_letters.schemas import Reason


@dataclass(frozen=True)
class Words:
    """A reason in words, and the advice."""

    title: str
    advice: str


WORDS: dict[Reason, Words] = {
    "poison": Words(
        "Workers died over it",
        "Look at the step that was under way and at the workers' logs: often it needs more memory than there is. "
        "Once the cause is gone, redrive it: a new run goes on from that step, and finished steps stand.",
    ),
    "unreadable": Words(
        "Its diagram cannot be played",
        "Install the package that offers the missing kind and redrive it: a new run goes on where this one stopped. "
        "Or publish a mended version and redrive it with that: steps that the mending changed are played again.",
    ),
    "event": Words(
        "An event or a time could not begin a run",
        "Mend the workflow's start or its form and publish it, or redrive it with another input. "
        "A redrive begins a run with the version that is published then; if it cannot, a new letter comes.",
    ),
    "compensation": Words(
        "A step could not be undone",
        "Mend what the compensation calls and redrive it: it is tried anew, and the steps before it are undone after it. "
        "Or put it in order by hand and discard the letter: the run goes on as if it had been undone.",
    ),
}
