"""What the constraints add to a decomposed goal: capabilities that were demanded, and people who are asked first."""

from collections.abc import Iterable, Sequence

from backend.planning.plan import Constraints, Reason, Task

LEVEL = 0.5
"""What a capability that was demanded must come up to."""
_SECONDS, _TOKENS = 60.0, 4_000
_OF = {
    "read": "reads data",
    "write": "writes data",
    "external": "reaches outside",
    "code": "runs code",
    "money": "spends money",
}


def add(tasks: Sequence[Task], constraints: Constraints) -> tuple[tuple[Task, ...], tuple[Reason, ...]]:
    """The tasks with those that the constraints want, and why each is there."""
    wanted, told = _demanded(list(tasks), constraints)
    asked, why = _asked(wanted, constraints)
    return tuple(asked), (*told, *why)


def _demanded(tasks: list[Task], constraints: Constraints) -> tuple[list[Task], list[Reason]]:
    """A capability that no task needs gets a task of its own, before those that end the plan."""
    told: list[Reason] = []
    for word in constraints.demanded:
        needing = [t.title for t in tasks if any(one.casefold() == word.casefold() for one in t.capabilities)]
        if needing:
            text = f"“{word}” was demanded; {', '.join(f'“{one}”' for one in needing[:3])} needs it anyway."
            told.append(Reason(about="demand", text=text))
            continue
        ends = last(tasks)
        made = Task(
            id=free(f"bring_in_{_slug(word)}", tasks),
            title=f"Bring in {word}"[:120],
            parent=next((one.parent for one in tasks if one.id in ends), None),
            needs=tuple(dict.fromkeys(n for one in tasks if one.id in ends for n in one.needs)),
            what=f"Look at what there is so far with what you know of {word}, and say what has to be done or changed.",
            done_when=f"Everything that {word} has to say about the goal is said, with reasons.",
            seconds=_SECONDS,
            tokens=_TOKENS,
            capabilities={word: LEVEL},
            role="critic",
        )
        place = min(number for number, one in enumerate(tasks) if one.id in ends)
        tasks = [_behind(one, made.id) if one.id in ends else one for one in tasks]
        tasks.insert(place, made)
        text = f"“{made.title}” was added, because “{word}” was demanded and no other task needs it."
        told.append(Reason(about="demand", text=text))
    return tasks, told


def _asked(tasks: list[Task], constraints: Constraints) -> tuple[list[Task], list[Reason]]:
    found: list[Task] = []
    told: list[Reason] = []
    classes = [one for one in constraints.approvals if one != "result"]
    for task in tasks:
        hit = tuple(one for one in classes if one in task.does)
        if task.kind != "work" or not hit:
            found.append(task)
            continue
        ask = _approval(f"approve_{task.id}", f"Approve: {task.title}", task.parent, task.needs, constraints)
        ask = ask.model_copy(update={"id": free(ask.id, tasks), "asks_for": hit, "what": task.what})
        found += [ask, task.model_copy(update={"needs": (ask.id,)})]
        why = " and ".join(_OF[one] for one in hit)
        told.append(
            Reason(about="approval", text=f"A person is asked before “{task.title}”, because it {why}.")
        )
    if "result" in constraints.approvals and (ends := last(found)):
        ask = _approval(free("approve_result", found), "Approve the result", None, ends, constraints)
        ask = ask.model_copy(update={"asks_for": ("result",)})
        found.append(
            ask.model_copy(
                update={"parent": next((t.id for t in found if t.parent is None and t.kind == "group"), None)}
            )
        )
        told.append(
            Reason(about="approval", text="A person is asked before the result is given, as was wanted.")
        )
    return found, told


def _approval(
    id_: str, title: str, parent: str | None, needs: Iterable[str], constraints: Constraints
) -> Task:
    return Task(
        id=id_[:63],
        title=title[:120],
        kind="approval",
        parent=parent,
        needs=tuple(needs),
        seconds=constraints.approval_seconds,
    )


def last(tasks: Iterable[Task]) -> tuple[str, ...]:
    """The tasks that no other waits for."""
    listed = [one for one in tasks if one.kind != "group"]
    waited = {name for one in listed for name in one.needs}
    return tuple(one.id for one in listed if one.id not in waited)


def _behind(task: Task, name: str) -> Task:
    return task.model_copy(update={"needs": (*task.needs, name)})


def _slug(word: str) -> str:
    made = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in word.lower())
    return made.strip("_")[:40] or "more"


def free(wanted: str, tasks: Iterable[Task]) -> str:
    """The id, with a number behind it where a task has it."""
    known, number, found = {one.id for one in tasks}, 1, wanted[:60]
    while found in known:
        number += 1
        found = f"{wanted[:60]}_{number}"
    return found
