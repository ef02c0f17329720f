"""What the product gave up: filters in the address, many chosen at once, redriven or discarded after a question."""

import reflex as rx
from pydantic import ValidationError
from reflex.event import EventSpec

from backend.dead_letters import many
from backend.dead_letters import service as letters
from backend.dead_letters.schemas import Answers, DiscardMany, LetterFilter, RedriveMany
from frontend import routes, shell
from frontend.components import frames, live, notes, tables
from frontend.components.finding import filter_chip, find
from frontend.components.letters import (
    RATES,
    REASONS,
    discard_button,
    letter_chip,
    rates,
    reason,
    redrive_button,
    told,
)
from frontend.components.links import link
from frontend.components.moments import moment
from frontend.rules import allows
from frontend.state import dialog, edge
from frontend.state.frame import Frame
from frontend.state.letter_rows import Row, row

STATES = {"": "Open", "redriven": "Redriven", "discarded": "Discarded", "all": "All"}
PAGE = 50
_COLUMNS = "minmax(0, 3fr) minmax(0, 1.1fr) 116px 92px"


class DeadLetters(rx.State):
    """What the list shows, as its address says, and what is chosen in it."""

    rows: rx.Field[list[Row]] = rx.field(default_factory=list)
    chosen: rx.Field[list[str]] = rx.field(default_factory=list)
    status: str = ""
    reason: str = ""
    text: str = ""
    counts: rx.Field[dict[str, int]] = rx.field(default_factory=dict)
    loaded: bool = False
    has_more: bool = False
    rate: str = ""

    @rx.event
    @allows("run.read")
    async def load(self):
        """Take the filters from the address and show the first page."""
        asked = self.router.url.query_parameters
        self.status = asked.get("status", "") if asked.get("status", "") in STATES else ""
        self.reason = asked.get("reason", "") if asked.get("reason", "") in REASONS else ""
        self.text, self.chosen = asked.get("text", "")[:200], []
        await self._show(PAGE)
        self.loaded = True

    @rx.event
    @allows("run.read")
    async def refresh(self):
        """New letters appear, closed ones go."""
        await self._show(max(PAGE, len(self.rows)))

    @rx.event
    @allows("run.read")
    async def more(self):
        """One page more."""
        await self._show(len(self.rows) + PAGE)

    @rx.event
    @allows("run.read")
    async def search(self, typed: dict[str, str]) -> EventSpec:
        """Filter by a word."""
        text = typed.get("text", "").strip()
        return rx.redirect(routes.dead_letters(status=self.status, reason=self.reason, text=text))

    @rx.event
    @allows("run.read")
    async def show(self, status: str) -> EventSpec:
        """Filter by what became of the letters."""
        return rx.redirect(routes.dead_letters(status=status, reason=self.reason, text=self.text))

    @rx.event
    @allows("run.read")
    async def show_reason(self, name: str) -> EventSpec:
        """Filter by a reason; a second press takes the filter away."""
        chosen = "" if name == self.reason else name
        return rx.redirect(routes.dead_letters(status=self.status, reason=chosen, text=self.text))

    @rx.event
    @allows("run.read")
    async def choose(self, letter_id: str):
        """Choose a letter, or choose it no longer."""
        rest = [one for one in self.chosen if one != letter_id]
        self.chosen = rest if len(rest) < len(self.chosen) else [*rest, letter_id]

    @rx.event
    @allows("run.read")
    async def choose_all(self):
        """Choose every open letter that is shown, or none when all are."""
        shown = [row.id for row in self.rows if row.status == "open"]
        self.chosen = [] if len(self.chosen) == len(shown) else shown

    @rx.event
    @allows("run.start")
    async def redrive(self) -> EventSpec:
        """Redrive what is chosen."""
        if not self.chosen:
            return rx.toast.info("Choose letters first.")
        async with edge.writing() as (session, by):
            wanted = RedriveMany(ids=self.chosen, per_minute=RATES[self.rate][1])
            answers = await many.redrive(session, by, wanted)
        return await self._done(answers)

    @rx.event
    @allows("run.start")
    async def set_rate(self, rate: str):
        """How fast what is redriven begins."""
        self.rate = rate if rate in RATES else ""

    @rx.event
    @allows("run.steer")
    async def discard(self, typed: dict[str, str]) -> list[EventSpec]:
        """Discard what is chosen."""
        try:
            wanted = DiscardMany(ids=self.chosen, note=typed.get("note", "").strip())
        except ValidationError:
            raise dialog.wrong("note", "Choose letters, and say why they are discarded.") from None
        async with edge.writing() as (session, by):
            answers = await many.discard(session, by, wanted)
        return [dialog.DONE, await self._done(answers)]

    @rx.var
    def open_shown(self) -> int:
        """How many can be chosen."""
        return sum(row.status == "open" for row in self.rows)

    @rx.var
    def question(self) -> str:
        """What the buttons act on."""
        count = len(self.chosen)
        return "this letter" if count == 1 else f"these {count} letters"

    async def _done(self, answers: Answers) -> EventSpec:
        refused = [one for one in answers.items if one.outcome == "refused"]
        self.chosen = [one.id for one in refused]
        await self._show(max(PAGE, len(self.rows)))
        return told(answers)

    async def _show(self, limit: int) -> None:
        asked = {
            "status": {"": "open", "all": None}.get(self.status, self.status),
            "reason": self.reason or None,
        }
        wanted = LetterFilter.model_validate({**asked, "text": self.text})
        async with edge.reading() as (session, by):
            page = await letters.list_(session, by, wanted, limit=limit)
        rows = [row(one) for one in page.items]
        if rows != self.rows:
            self.rows = rows
            still = {row.id for row in rows if row.status == "open"}
            self.chosen = [one for one in self.chosen if one in still]
        self.counts = {name: page.open_by_reason.get(name, 0) for name in REASONS}  # pyright: ignore[reportArgumentType, reportCallIssue] - its keys are the reasons
        self.has_more = page.next_cursor is not None and limit < letters.MAX_PAGE


@rx.page(route=routes.DEAD_LETTERS, title="Dead letters · Quadrille", on_load=[Frame.load, DeadLetters.load])
def dead_letters_page() -> rx.Component:
    """Open ones first; a row opens the letter, its box chooses it."""
    return shell.page(
        live.refresh(4, DeadLetters.refresh),
        rx.cond(DeadLetters.chosen.length() > 0, _acting()),
        frames.listed(DeadLetters.loaded, DeadLetters.rows, _table(), _empty()),
        tables.more(DeadLetters.has_more, DeadLetters.more),
        title="Dead letters",
        filters=_filters(),
    )


def _filters() -> rx.Component:
    return rx.fragment(
        *(
            filter_chip(word, chosen=DeadLetters.status == name, on_click=DeadLetters.show(name))
            for name, word in STATES.items()
        ),
        rx.el.span(class_name="qk-divide qk-only-wide"),
        *(_reason_chip(name, word) for name, (word, _) in REASONS.items()),
        rx.el.div(class_name="qk-header-space qk-only-wide"),
        find(
            "dead letters",
            hint="Find by workflow, run or error",
            text=DeadLetters.text,
            on_submit=DeadLetters.search,
        ),
    )


def _reason_chip(name: str, word: str) -> rx.Component:
    count = rx.cond(DeadLetters.counts[name] > 0, rx.el.span(DeadLetters.counts[name], class_name="qk-count"))
    chosen = DeadLetters.reason == name
    return filter_chip(word, count, chosen=chosen, on_click=DeadLetters.show_reason(name))


def _acting() -> rx.Component:
    return rx.el.div(
        rx.el.span(DeadLetters.chosen.length(), " chosen", style={"flex": "1"}),
        rx.button(
            rx.cond(DeadLetters.chosen.length() < DeadLetters.open_shown, "Choose all", "Choose none"),
            variant="ghost",
            on_click=DeadLetters.choose_all,
        ),
        rx.cond(
            Frame.may_steer, discard_button("Discard " + DeadLetters.question + "?", DeadLetters.discard)
        ),
        rx.cond(Frame.may_start, rates(DeadLetters.rate, DeadLetters.set_rate)),
        rx.cond(
            Frame.may_start, redrive_button("Redrive " + DeadLetters.question + "?", DeadLetters.redrive)
        ),
        class_name="qk-banner qk-chosen",
        role="status",
    )


def _table() -> rx.Component:
    heads = ("What was given up", "Reason", "State", "When")
    return tables.table(_COLUMNS, heads, rx.foreach(DeadLetters.rows, _draw))


def _draw(row: rx.vars.ObjectVar[Row]) -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.cond(
                (row.status == "open") & (Frame.may_start | Frame.may_steer),
                rx.el.span(
                    rx.checkbox(
                        checked=DeadLetters.chosen.contains(row.id),
                        on_change=DeadLetters.choose(row.id),
                        aria_label="Choose this letter",
                    ),
                    class_name="qk-over qk-box",
                ),
            ),
            rx.el.div(
                tables.row_link(row.workflow, row.href),
                rx.el.span(row.message, class_name="qk-muted qk-small qk-clip", title=row.message),
                class_name="qk-two",
            ),
            class_name="qk-person",
            custom_attrs={"data-card": "full"},
        ),
        rx.el.span(reason(row.reason), class_name="qk-muted qk-small"),
        rx.el.span(letter_chip(row.status)),
        moment(row.created, class_name="qk-muted qk-small qk-over"),
        class_name="qk-row qk-row-tall qk-letter",
        key=row.id,
    )


def _empty() -> rx.Component:
    everything = rx.button(
        "Show all", variant="soft", on_click=rx.redirect(routes.dead_letters(status="all"))
    )
    return rx.cond(
        DeadLetters.status + DeadLetters.reason + DeadLetters.text == "",
        notes.empty(
            "Nothing was given up",
            "A run that ends its workers again and again, whose diagram cannot be played, or whose step cannot be "
            "undone, and an event that could not begin a run, is put here, so that somebody looks at it and it can go on.",
            icon="mail-check",
            action=rx.button("See the runs", variant="soft", on_click=rx.redirect(routes.RUNS)),
            link=link(
                "Earlier letters", to=routes.dead_letters(status="all"), class_name="qk-small qk-muted"
            ),
        ),
        notes.empty(
            "No letter matches",
            "Letters stay as long as their runs, also when they were redriven or discarded.",
            icon="search-x",
            action=everything,
        ),
    )
