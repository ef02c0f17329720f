"""A plan as the rows that its page draws: tasks, agents, risks and reasons."""

from dataclasses import dataclass

from backend.planning.plan import PEOPLE, TeamPlan
from frontend import routes
from frontend.state import figures
from frontend.state.plan_timeline import depths, span


@dataclass
class Doing:
    """A task with who does it and why."""

    title: str
    depth: int
    sort: str
    what: str
    who: str
    needs: str
    takes: str
    slack: str
    critical: bool
    why: str


@dataclass
class Worker:
    """What a member of the team has to do."""

    name: str
    about: str
    href: str
    new: bool
    tasks: str
    share: float
    percent: str
    busy: str
    cost: str


@dataclass
class Danger:
    """A risk with what helps."""

    severity: str
    message: str
    mitigation: str


def doings(plan: TeamPlan) -> list[Doing]:
    """Every task, with who does it, when, and why."""
    by = {one.task: one for one in plan.assignments}
    names = {one.id: one.name for one in plan.members}
    titles = {task.id: task.title for task in plan.tasks}
    deep = depths(plan.tasks)
    found: list[Doing] = []
    for task in plan.tasks:
        one = by.get(task.id)
        needs = ", ".join(titles[name] for name in task.needs)
        takes = ", ".join(f"{word} {value:.0%}" for word, value in task.capabilities.items())
        found.append(
            Doing(
                title=task.title,
                depth=deep[task.id],
                sort=task.kind,
                what=task.what,
                who=names.get(one.member, "") if one else "",
                needs=f"after {needs}" if needs else "",
                takes=takes,
                slack=("critical" if one.critical else f"{span(one.slack)} of slack") if one else "",
                critical=bool(one and one.critical),
                why=one.reason if one else (f"By “{task.reason}”." if task.reason else ""),
            )
        )
    return found


def workers(plan: TeamPlan, agents: dict[str, str]) -> list[Worker]:
    """Who has to do how much, the busiest first; then who was not needed."""
    loads = {load.member: load for load in plan.loads}
    found: list[Worker] = []
    for one in sorted(plan.members, key=lambda one: -(loads[one.id].seconds if one.id in loads else 0)):
        load = loads.get(one.id)
        agent = agents.get(one.id, "" if one.new or one.id == PEOPLE else one.id)
        able = ", ".join(f"{word} {value:.0%}" for word, value in list(one.capabilities.items())[:5])
        found.append(
            Worker(
                name=one.name,
                about="who may decide in the team" if one.id == PEOPLE else able,
                href=routes.agent(agent) if agent else "",
                new=one.new and not agent,
                tasks=f"{load.tasks} task{'s' * (load.tasks != 1)}" if load else "not needed",
                share=load.share if load else 0.0,
                percent=f"{load.share:.0%}" if load else "",
                busy=span(load.seconds) if load else "",
                cost=figures.money(load.cost) if load and one.priced else figures.NONE,
            )
        )
    return found


def dangers(plan: TeamPlan) -> list[Danger]:
    """The risks, the gravest first."""
    return [Danger(one.severity, one.message, one.mitigation) for one in plan.risks]


def reasons(plan: TeamPlan) -> list[list[str]]:
    """What about, and the sentence."""
    words = {
        "domain": "Way",
        "method": "Method",
        "demand": "Demand",
        "approval": "Approval",
        "role": "New role",
        "allocation": "Allocation",
        "rest": "The rest",
    }
    return [[words[one.about], one.text] for one in plan.reasons]


def path(plan: TeamPlan) -> list[list[str]]:
    """The critical path: title, who, and how long."""
    by = {one.task: one for one in plan.assignments}
    titles = {task.id: task.title for task in plan.tasks}
    names = {one.id: one.name for one in plan.members}
    return [[titles[one], names[by[one].member], span(by[one].end - by[one].start)] for one in plan.critical]


def tiles(plan: TeamPlan) -> list[list[str]]:
    """The plan in figures: word, figure, remark, tone."""
    one = plan.goal.constraints
    work = sum(task.kind == "work" for task in plan.tasks)
    asks = sum(task.kind == "approval" for task in plan.tasks)
    agents = len({a.member for a in plan.assignments} - {PEOPLE})
    grave = sum(risk.severity == "high" for risk in plan.risks)
    new = f", {len(plan.roles)} of them new" if plan.roles else ""
    return [
        [
            "Takes",
            span(plan.makespan),
            f"of {span(one.deadline_seconds)}" if one.deadline_seconds else "no deadline",
            "",
        ],
        [
            "Costs",
            figures.money(plan.cost),
            f"of {figures.money(one.max_cost)}" if one.max_cost else "no budget",
            "",
        ],
        [
            "Tokens",
            figures.count(plan.tokens),
            f"of {figures.count(one.max_tokens)}" if one.max_tokens else "reckoned",
            "",
        ],
        ["Tasks", str(work), f"and {asks} approval{'s' * (asks != 1)}" if asks else "no approvals", ""],
        ["Agents", str(agents), f"of {len(plan.members)}{new}", ""],
        [
            "Risks",
            str(len(plan.risks)),
            f"{grave} grave" if grave else "none grave",
            "failed" if grave else "",
        ],
    ]
