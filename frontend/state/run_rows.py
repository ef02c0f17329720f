"""The rows, columns and bars of the list of runs, as the page draws them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from backend.runs import density
from backend.runs.asked import Spent
from backend.runs.schemas import RunPublic
from frontend import routes
from frontend.components.states import STARTED
from frontend.state.iso import iso

COLUMNS: dict[str, tuple[str, str]] = {
    "version": ("Version", "52px"),
    "step": ("Step", "minmax(0, 1fr)"),
    "trigger": ("Started", "84px"),
    "who": ("By", "minmax(88px, 1fr)"),
    "tags": ("Tags", "minmax(0, 1fr)"),
    "when": ("When", "112px"),
    "took": ("Took", "72px"),
    "tokens": ("Tokens", "60px"),
    "cost": ("Cost", "72px"),
}
HIDDEN_AT_FIRST = "tags,cost"


@dataclass
class Row:
    """One run as the list shows it."""

    id: str
    href: str
    workflow: str
    version: str
    status: str
    shown: str
    step: str
    trigger: str
    who: str
    tags: str
    created: str
    started: str
    finished: str
    tokens: str
    cost: str


@dataclass
class Bar:
    """A stretch of time: how high each outcome stands, in percent, and where it leads."""

    failed: float
    succeeded: float
    other: float
    words: str
    href: str
    since: str
    until: str


@dataclass(frozen=True)
class Beside:
    """What is known of the runs of a page beside their rows, by run; `names` are people's, by account."""

    spent: Mapping[str, Spent]
    steps: Mapping[str, str]
    tags: Mapping[str, list[str]]
    names: Mapping[str, str]


def row(run: RunPublic, beside: Beside) -> Row:
    """The run as the list shows it."""
    spent = beside.spent.get(run.id)
    return Row(
        id=run.id,
        href=routes.run(run.id),
        workflow=run.workflow_name,
        version=f"v{run.version_number}" if run.version_number else "Draft",
        status=run.status,
        shown=run.shown_as or run.status,
        step=beside.steps.get(run.id, ""),
        trigger=STARTED.get(run.trigger, run.trigger),
        who=beside.names.get(run.started_by, ""),
        tags=", ".join(beside.tags.get(run.id, [])),
        created=iso(run.created_at),
        started=iso(run.started_at),
        finished=iso(run.finished_at),
        tokens=f"{spent.tokens:,}" if spent else "",
        cost=spent.words() if spent else "",
    )


def drawn(bars: list[density.Bar], address: Callable[[str, str], str]) -> list[Bar]:
    """The strip; `address` is that of the runs between two moments."""
    most = max((bar.total for bar in bars), default=0) or 1
    return [_bar(bar, most, address) for bar in bars]


def _bar(bar: density.Bar, most: int, address: Callable[[str, str], str]) -> Bar:
    failed, succeeded = bar.by_status.get("failed", 0), bar.by_status.get("succeeded", 0)
    other = bar.total - failed - succeeded
    told = [
        f"{n} {word}" for n, word in ((failed, "failed"), (succeeded, "succeeded"), (other, "other")) if n
    ]
    since, until = bar.since.isoformat(), bar.until.isoformat()
    parts = (round(100 * n / most, 1) for n in (failed, succeeded, other))
    return Bar(
        *parts,
        words=", ".join(told),
        href=address(since, until) if bar.total else "",
        since=since,
        until=until,
    )
