"""One transaction for many runs: what is common to both databases."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Protocol

from backend.core import failpoints
from backend.engine import news, signals, sql
from backend.engine.records import NO_STEP, Change, Commit, Fenced, LetterRow, SignalArrived, Steered
from backend.outgoing.topics import OWN

Row = tuple[Any, ...]
Failures = dict[int, Exception]
"""What was refused, by the commit's place in the batch; the rest of the batch stands."""


class Cursor(Protocol):
    """What a database must be able to do inside the open transaction."""

    async def first(self, statement: str, row: Row) -> Row | None: ...
    async def all(self, statement: str, row: Row) -> Sequence[Row]: ...
    async def many(self, statement: str, rows: list[Row]) -> None: ...


@dataclass(frozen=True)
class Encoding:
    """How a database takes moments and closes questions, and what lets it share blobs; everything else is alike."""

    moment: Callable[[datetime], Any]
    close_questions: str
    share_blobs: str = ""


async def write(cursor: Cursor, batch: Sequence[Commit], encoding: Encoding) -> Failures:
    """Check the fences, number the events and insert every row of the batch."""
    failures: Failures = {}
    for commit in batch:
        commit.weigh()
    if encoding.share_blobs and any(commit.blobs for commit in batch):
        await cursor.first(encoding.share_blobs, ())
    for group in _by_claim(batch):
        await _fence(cursor, group, failures, encoding)
    failpoints.passed("writer.fenced")
    await news.gather(cursor.all, [commit for place, commit in enumerate(batch) if place not in failures])
    rows = _Rows(encoding)
    for place, commit in enumerate(batch):
        if place not in failures:
            rows.add(commit)
    for statement, found in rows.found.items():
        if found:
            await cursor.many(statement, found)
    failpoints.passed("writer.written")
    return failures


def _by_claim(batch: Sequence[Commit]) -> Iterator[list[tuple[int, Commit]]]:
    """The commits of each claim in their order. Runs in order of their ids, so that two writers never lock crosswise."""

    def claim(entry: tuple[int, Commit]) -> tuple[str, int]:
        return entry[1].run_id, entry[1].token or 0

    fenced = [(place, commit) for place, commit in enumerate(batch) if commit.token is not None]
    for _, group in groupby(sorted(fenced, key=claim), key=claim):
        yield list(group)


async def _fence(
    cursor: Cursor, group: list[tuple[int, Commit]], failures: Failures, encoding: Encoding
) -> None:
    """Number the events of a claim in the order of its commits. The first statement checks the fence and locks the run's row."""
    held = False
    for is_change, part in groupby(group, key=lambda entry: entry[1].change is not None):
        entries = list(part)
        if not held or not is_change:
            held = await _hold(cursor, entries[0][1], [] if is_change else [commit for _, commit in entries])
        if not held:  # of the first part only: the row stays as it is while it is locked
            failures.update({place: Fenced(commit.run_id) for place, commit in group})
            return
        for place, commit in entries if is_change else ():
            if commit.change and (refused := await _refused(cursor, commit, commit.change)):
                failures[place] = refused
            elif commit.change:
                await _change(cursor, commit, commit.change, encoding)


async def _hold(cursor: Cursor, claim: Commit, plain: Sequence[Commit]) -> bool:
    """Count and number what these commits add; False when the claim is not the newest one."""
    events = sum(len(commit.events) for commit in plain)
    size = sum(commit.size for commit in plain)
    found = await cursor.first(sql.FENCE, (events, size, claim.run_id, claim.token))
    if found is None:
        return False
    seq = found[0] - events
    for commit in plain:
        seq = _number(commit, seq)
        if commit.diverged is not None:
            await cursor.first(sql.DIVERGED, (commit.diverged, commit.run_id, commit.token))
    return True


async def _refused(cursor: Cursor, commit: Commit, change: Change) -> SignalArrived | Steered | None:
    """What has come that forbids the change. Our lock on the row orders this against the senders."""
    if change.unless_wished or change.if_paused:
        cancel, pause = await cursor.first(sql.WISHES, (commit.run_id,)) or (False, False)
        wished = {"cancel": cancel, "pause": pause}
        for wish in change.unless_wished:
            if wished[wish]:
                return Steered(wish)
        if change.if_paused and not pause:
            return Steered(None)
    if change.unless_inbox or change.unless_signal:
        arrived = {row[0] for row in await cursor.all(sql.INBOX, (commit.run_id,))}
        answered = not arrived.isdisjoint(change.unless_inbox)
        if answered or signals.any_left(arrived, change.unless_signal, change.taken):
            return SignalArrived(commit.run_id)
    return None


async def _change(cursor: Cursor, commit: Commit, change: Change, encoding: Encoding) -> None:
    """Change the run's row."""
    claim, grown = (commit.run_id, commit.token), (len(commit.events), commit.size)
    at = encoding.moment(commit.at)
    if change.status == "running":
        found = await cursor.first(sql.START, (*grown, change.status, at, *claim))
    else:
        wake_at = encoding.moment(change.wake_at) if change.wake_at else None
        ended = at if change.finished else None
        values = (change.status, change.output, change.error, wake_at, ended, change.shown_as)
        found = await cursor.first(sql.RELEASE, (*grown, *values, *claim))
    if found is not None:
        _number(commit, found[0] - len(commit.events))


def _number(commit: Commit, seq: int) -> int:
    commit.first_seq = seq + 1
    return seq + len(commit.events)


_ORDER = (
    sql.BLOB, sql.BLOB_USE, sql.STEP, sql.EFFECT, sql.EVENT, sql.LETTER, sql.LETTER_CLOSED, sql.TELL, sql.CACHE, sql.WAIT,
    sql.LOOK, sql.LOOK_OWN, sql.END_WAIT, sql.REST_WAIT, sql.END_WAITS, sql.CHECKPOINT, sql.WRITE_ONCE, sql.WRITE_OVER,
)  # fmt: skip


class _Rows:
    """The rows of a batch by statement, in the order in which they are inserted."""

    def __init__(self, encoding: Encoding) -> None:
        self.moment, self._close_questions = encoding.moment, encoding.close_questions
        self.found: dict[str, list[Row]] = {statement: [] for statement in (*_ORDER, self._close_questions)}

    def add(self, commit: Commit) -> None:
        run, team, at = commit.run_id, commit.team_id, self.moment(commit.at)
        for digest, data in commit.packed:
            self.found[sql.BLOB].append((team, digest, data, at))
            self.found[sql.BLOB_USE].append((run, digest, team))
        self.found[sql.EVENT] += [self._event(commit, n) for n in range(len(commit.events))]
        for s in commit.steps:
            times = (self.moment(s.started_at), self.moment(s.finished_at))
            values = (s.status, s.attempt, s.port, s.input, s.output, s.error)
            self.found[sql.STEP].append((run, team, s.node_id, s.path, s.visit, *values, *times))
        self._signals(commit, at)
        for e in commit.effects:
            place = (e.step.node_id, e.step.path, e.step.visit, e.attempt, e.n)
            answer = (e.kind, e.digest, e.result, e.of_output, e.error)
            spent = astuple(e.spent) if e.spent else (None, None, None, None, None)
            told = (e.request, e.ms, *spent)
            self.found[sql.EFFECT].append((run, team, *place, *answer, *told))
        for letter in commit.letters:
            self._letter(commit, letter)
        for c in commit.checkpoints:
            values = (c.ns, c.checkpoint_id, c.parent_id, c.type, c.data, c.about)
            self.found[sql.CHECKPOINT].append((run, team, *values))
        for w in commit.writes:
            statement = sql.WRITE_OVER if w.idx < 0 else sql.WRITE_ONCE
            values = (w.ns, w.checkpoint_id, w.task_id, w.idx, w.task_path, w.channel, w.type, w.data)
            self.found[statement].append((run, team, *values))

    def _signals(self, commit: Commit, at: Any) -> None:
        """What leaves the run for others, and what it takes from them."""
        run, team = commit.run_id, commit.team_id
        for told in (*commit.told, *commit.news):
            self.found[sql.TELL].append((told.id, team, told.name, told.key, told.type, told.payload, at))
        for c in commit.cached:
            self.found[sql.CACHE].append((team, c.key, c.port, c.output, at, self.moment(c.expires_at)))
        for w in commit.begins:
            step = (w.step.node_id, w.step.path, w.step.visit, w.number)
            self.found[sql.WAIT].append((run, team, *step, w.name, w.key))
        for w in commit.looks:
            asked = (signals.prefix(w.name, w.key), run, w.name, w.key)
            if w.name in OWN:
                self.found[sql.LOOK_OWN].append((*asked, w.key, w.key))
            else:
                self.found[sql.LOOK].append(asked)
        for w in commit.ends:
            step = (w.step.node_id, w.step.path, w.step.visit, w.number)
            self.found[sql.REST_WAIT if w.name in OWN else sql.END_WAIT].append((run, *step))
        if commit.change and commit.change.finished:
            self.found[sql.END_WAITS].append((run,))
            self.found[self._close_questions].append((run,))

    def _letter(self, commit: Commit, letter: LetterRow) -> None:
        step, at = letter.step, self.moment(commit.at)
        place = (step.node_id, step.path, step.visit)
        if letter.status == "open":
            told = (step.node_id or None, *place[1:], letter.reason, letter.message, letter.details, at)
            self.found[sql.LETTER].append((letter.id, commit.team_id, commit.run_id, *told))
        else:
            closed = (letter.status, at, letter.by, commit.run_id, letter.reason, *place)
            self.found[sql.LETTER_CLOSED].append(closed)

    def _event(self, commit: Commit, number: int) -> Row:
        event = commit.events[number]
        step = event.step or NO_STEP
        place = (event.kind, step.node_id or None, step.path, step.visit, event.attempt)
        at = self.moment(event.at or commit.at)
        seq = commit.first_seq + number
        return (commit.run_id, seq, commit.team_id, at, *place, commit.texts[number])
