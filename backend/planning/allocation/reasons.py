"""Why each task went to whom: the figures of the chosen one beside those of the next best."""

from collections.abc import Sequence

from backend.planning.allocation.problem import Work, proficiency
from backend.planning.allocation.values import Candidate, Option, Reason, WorkItem, price


def reasons(
    work: Work, items: Sequence[WorkItem], people: Sequence[Candidate], who: Sequence[int]
) -> tuple[Reason, ...]:
    """One for each task, in the order of the tasks."""
    loads = {m: float(ticks * work.tick) / people[m].at_once for m, ticks in work.loads(who).items()}
    found: list[Reason] = []
    for n, item in enumerate(items):
        others = [m for m in work.able[n] if m != who[n]]
        second = min(others, key=lambda m: (work.pairs[n, m].points, loads[m], m), default=None)
        chosen = _option(item, people[who[n]], loads[who[n]])
        if second is None:
            named = people[who[n]].name or people[who[n]].id
            found.append(Reason(item.id, chosen, None, f"Only {named} can do it."))
            continue
        # What the other would have to do if the task were its own.
        runner_up = _option(item, people[second], loads[second] + item.seconds / people[second].at_once)
        text = _sentence(people[who[n]], chosen, people[second], runner_up)
        found.append(Reason(item.id, chosen, runner_up, text))
    return tuple(found)


def _option(item: WorkItem, one: Candidate, busy: float) -> Option:
    return Option(
        one.id, round(proficiency(item.capabilities, one), 4), price(item.seconds, one), round(busy, 3)
    )


def _sentence(one: Candidate, chosen: Option, other: Candidate, second: Option) -> str:
    """What speaks for the one, and what for the other."""
    facts = (
        ("better", chosen.proficiency - second.proficiency, _can),
        ("cheaper", float(second.cost - chosen.cost), _costs),
        ("less busy", second.busy_seconds - chosen.busy_seconds, _busy),
    )
    pro = [f"{word} ({tell(chosen)} against {tell(second)})" for word, more, tell in facts if more > 0]
    con = [f"{word} ({tell(second)} against {tell(chosen)})" for word, more, tell in facts if more < 0]
    named, next_ = one.name or one.id, other.name or other.id
    said = f"{named} is {_and(pro)} than {next_}, the next best" if pro else f"{named} and {next_} are alike"
    if con:
        said += f"; {next_} would be {_and(con)}" + ("" if pro else ", but others of its tasks weigh more")
    return f"{said}."


def _can(option: Option) -> str:
    return f"{option.proficiency:.2f}"


def _costs(option: Option) -> str:
    return f"${option.cost:.4f}".rstrip("0").rstrip(".")


def _busy(option: Option) -> str:
    minutes = option.busy_seconds / 60
    return f"{minutes:.0f} min" if minutes >= 10 else f"{option.busy_seconds:.0f} s"


def _and(words: Sequence[str]) -> str:
    return " and ".join(([", ".join(words[:-1])] if words[:-1] else []) + [words[-1]])
