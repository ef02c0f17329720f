"""A goal taken apart by a domain: methods whose preconditions hold, down to work for one agent each, and what comes before what."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from backend.core.words import telling
from backend.planning.domain import Domain, DomainTask, Method, When
from backend.planning.plan import Goal, PlanProblem, Reason, Task


@dataclass(frozen=True)
class Decomposed:
    """Tasks and why they are these; or, with problems, why the domain has no way."""

    tasks: tuple[Task, ...] = ()
    reasons: tuple[Reason, ...] = ()
    problems: tuple[PlanProblem, ...] = ()


class _Blocked(Exception):
    """A task cannot be done under the constraints."""

    def __init__(self, task_id: str, why: str, word: str = "") -> None:
        super().__init__(why)
        self.task_id, self.why, self.word = task_id, why, word


@dataclass(frozen=True)
class _Part:
    """What came of a task: its tasks, and those of them that nothing in it waits for or that nothing follows."""

    tasks: list[Task]
    first: tuple[str, ...]
    last: tuple[str, ...]


@dataclass
class _Decomposer:
    domain: Domain
    goal: Goal
    able: frozenset[str]
    words: frozenset[str]
    reasons: list[Reason] = field(default_factory=list[Reason])

    def part(self, task_id: str, parent: str | None) -> _Part:
        """The task by its first method that is possible; raises _Blocked where none is."""
        task = self.domain.tasks[task_id]
        if not task.methods:
            return self._work(task_id, task, parent)
        refused, causes = list[str](), list[str]()
        word = ""
        for method in task.methods:
            if missing := self._missing(method.when):
                refused.append(f"“{method.name}” needs {missing}")
                causes.append(refused[-1])
                continue
            mark = len(self.reasons)
            try:
                done = self._method(task_id, task, method, parent)
            except _Blocked as blocked:
                del self.reasons[mark:]
                refused.append(f"“{method.name}” is not possible, for {blocked.why}")
                causes.append(blocked.why)
                word = blocked.word
                continue
            self.reasons.insert(mark, _chosen(task, method, refused))
            return done
        raise _Blocked(task_id, "; ".join(dict.fromkeys(causes)), word)

    def _work(self, task_id: str, task: DomainTask, parent: str | None) -> _Part:
        forbidden = {word.casefold() for word in self.goal.constraints.forbidden}
        for word in (*task.capabilities, *task.does):
            if word.casefold() in forbidden:
                raise _Blocked(task_id, f"“{task.title}” needs “{word}”, which is forbidden", word)
        made = Task(
            id=task_id,
            title=task.title,
            parent=parent,
            **task.model_dump(exclude={"title", "methods"}),
        )
        return _Part([made], (task_id,), (task_id,))

    def _method(self, task_id: str, task: DomainTask, method: Method, parent: str | None) -> _Part:
        group = Task(
            id=task_id, title=task.title, kind="group", parent=parent, what=task.what, reason=method.name
        )
        tasks, parts = [group], dict[str, _Part]()
        first, open_ends = list[str](), list[str]()
        for step in method.steps:
            done = self.part(step.do, task_id)
            before = open_ends if step.after is None else step.after
            ends = [end for name in before for end in parts[name].last]
            tasks += [_behind(one, ends) if one.id in done.first else one for one in done.tasks]
            first += [] if before else done.first
            parts[step.do] = done
            open_ends = [*(name for name in open_ends if name not in before), step.do]
        return _Part(tasks, tuple(first), tuple(id_ for name in open_ends for id_ in parts[name].last))

    def _missing(self, when: When) -> str:
        """The precondition that does not hold, in words; empty where all hold."""
        constraints, below = self.goal.constraints, when.deadline_below
        wanted = (
            (
                f"a goal that speaks of {' or '.join(when.mentions)}",
                not when.mentions or self._says(when.mentions),
            ),
            (
                f"a person asked before {' or '.join(when.asks)}",
                not when.asks or bool(set(when.asks) & set(constraints.approvals)),
            ),
            (
                f"a deadline below {(below or 0) / 60:.0f} minutes",
                below is None or (constraints.deadline_seconds or below) < below,
            ),
            (
                f"an agent that can do {when.team_can}",
                not when.team_can or when.team_can.casefold() in self.able,
            ),
        )
        return next((told for told, holds in wanted if not holds), "")

    def _says(self, phrases: Collection[str]) -> bool:
        return any(set(telling(phrase)) <= self.words for phrase in phrases)


def decompose(domain: Domain, goal: Goal, able: Collection[str] = ()) -> Decomposed:
    """The tasks of the goal in this domain; `able` are the capabilities that the team's agents have."""
    words = frozenset(telling(goal.text))
    work = _Decomposer(domain, goal, frozenset(word.casefold() for word in able), words)
    try:
        done = work.part(domain.root, None)
    except _Blocked as blocked:
        told = f"There is no way to the goal in the domain {domain.title}: {blocked.why}."
        fix = "Allow what is forbidden, choose another domain, or ask a model for the plan."
        problem = PlanProblem(
            code="no_method", message=told, fix=fix, task=blocked.task_id, capability=blocked.word or None
        )
        return Decomposed(problems=(problem,))
    return Decomposed(tuple(done.tasks), tuple(work.reasons))


def _behind(task: Task, ends: Sequence[str]) -> Task:
    return task.model_copy(update={"needs": tuple(dict.fromkeys((*task.needs, *ends)))})


def _chosen(task: DomainTask, method: Method, refused: Sequence[str]) -> Reason:
    steps = len(method.steps)
    told = f"“{task.title}” is done by “{method.name}”, in {steps} step{'s' * (steps != 1)}"
    told += (
        f"; {'; '.join(refused)}."
        if refused
        else ": it is the first method of the domain, and nothing speaks against it."
    )
    return Reason(about="method", text=told)
