"""How everything stands: the team's runs, the installation below them, and the alarms that tell of it."""

from dataclasses import dataclass

import reflex as rx

from backend.monitoring import overview as overviews
from backend.monitoring import service as alarms
from backend.monitoring.schemas import AlarmPublic
from backend.workflows import service as workflows
from frontend import routes, shell
from frontend.components import alarm_forms, charts, live, notes, sections, tables
from frontend.components.charts import Bar
from frontend.components.links import link
from frontend.components.moments import moment
from frontend.rules import allows
from frontend.state import dialog, edge, overview_words
from frontend.state.frame import Frame
from frontend.state.iso import iso


@dataclass
class Rule:
    """An alarm as the page shows it."""

    id: str
    words: str
    where: str
    told: str
    raised: bool
    message: str
    since: str


@dataclass
class Place:
    """A workflow whose nodes can be looked at."""

    name: str
    href: str


class Monitoring(rx.State):
    """The figures of this moment, as texts."""

    loaded: bool = False
    problems: rx.Field[list[list[str]]] = rx.field(default_factory=list)
    tiles: rx.Field[list[list[str]]] = rx.field(default_factory=list)
    bars: rx.Field[list[Bar]] = rx.field(default_factory=list)
    chart_says: str = ""
    most: str = ""
    machine: rx.Field[list[list[str]]] = rx.field(default_factory=list)
    rules: rx.Field[list[Rule]] = rx.field(default_factory=list)
    workflows: rx.Field[list[list[str]]] = rx.field(default_factory=list)
    places: rx.Field[list[Place]] = rx.field(default_factory=list)

    @rx.event
    @allows("run.read")
    async def load(self):
        """Everything, and the workflows that can be chosen."""
        async with edge.reading() as (session, by):
            found, _ = await workflows.list_(session, by)
        self.workflows = [[one.id, one.name] for one in found]
        self.places = [Place(one.name, routes.workflow_health(one.id)) for one in found]
        await self._show()
        self.loaded = True

    @rx.event
    @allows("run.read")
    async def refresh(self):
        """The same a moment later."""
        await self._show()

    @rx.event
    @allows("workflow.publish")
    async def add(self, form: dict[str, str]):
        """Look for something from now on."""
        wish = alarm_forms.wish(form)
        async with edge.writing() as (session, by):
            await alarms.create(session, by, wish)
        await self._show()
        return [dialog.DONE, rx.toast.success("From now on this is looked for.")]

    @rx.event
    @allows("workflow.publish")
    async def remove(self, alarm_id: str):
        """Look for it no longer."""
        async with edge.writing() as (session, by):
            await alarms.remove(session, by, alarm_id)
        await self._show()

    async def _show(self) -> None:
        async with edge.reading() as (session, by):
            found = await overviews.overview(session, by)
            rules = await alarms.list_(session, by)
        self.tiles, self.problems = overview_words.tiles(found), overview_words.problems(found)
        columns = [
            [(h.succeeded, "succeeded"), (h.failed, "failed"), (h.cancelled, "cancelled")]
            for h in found.hours
        ]
        self.bars, self.most = charts.bars(columns), str(charts.highest(columns))
        self.chart_says = (
            f"In the last 24 hours {found.succeeded} runs succeeded and {found.failed} failed, by the hour"
        )
        self.machine = overview_words.machine(found)
        self.rules = [_rule(one) for one in rules.items]


def _rule(one: AlarmPublic) -> Rule:
    told = [f"{len(one.mail_to)} by e-mail"] if one.mail_to else []
    told += ["chat" if one.webhook_format == "chat" else "webhook"] if one.webhook else []
    return Rule(
        id=one.id,
        words=alarm_forms.words(one),
        where=one.workflow_name or "All workflows",
        told=", ".join(["on the pages", *told]),
        raised=one.is_raised,
        message=one.message,
        since=iso(one.raised_at),
    )


@rx.page(route=routes.MONITORING, title="Monitoring · Quadrille", on_load=[Frame.load, Monitoring.load])
def monitoring_page() -> rx.Component:
    """What is wrong first, then the figures, then what tells of them."""
    return shell.page(
        live.refresh(5, Monitoring.refresh),
        rx.cond(Monitoring.loaded, _all(), notes.skeleton()),
        title="Monitoring",
    )


def _all() -> rx.Component:
    return rx.el.div(
        rx.foreach(Monitoring.problems, lambda one: notes.problem(one[0], fix=one[1])),
        rx.el.div(rx.foreach(Monitoring.tiles, _tile), class_name="qk-tiles"),
        rx.el.section(
            rx.el.h2("Runs ended, by the hour", class_name="qk-card-title"),
            rx.cond(
                Monitoring.bars.length() > 0,
                charts.plot(
                    charts.chart(Monitoring.bars, Monitoring.chart_says),
                    most=Monitoring.most,
                    below=("24 hours ago", "18", "12", "6", "now"),
                    legend=("succeeded", "failed", "cancelled"),
                ),
                rx.el.p("Nothing has ended in the last 24 hours.", class_name="qk-hint"),
            ),
            class_name="qk-card qk-fields",
            aria_label="Runs ended, by the hour",
        ),
        rx.el.section(
            rx.el.h2("Installation", class_name="qk-card-title"),
            rx.el.dl(rx.foreach(Monitoring.machine, _line), class_name="qk-lines"),
            class_name="qk-card qk-fields",
            aria_label="Installation",
        ),
        sections.section(
            "Alarms",
            "Each is looked at twice a minute and told at most once in its quiet time.",
            rx.cond(Frame.may_edit, alarm_forms.dialog(Monitoring.workflows, Monitoring.add), rx.fragment()),
            rx.cond(
                Monitoring.rules.length() > 0,
                tables.table(_COLUMNS, ("Alarm", "Where", "Tells", ""), rx.foreach(Monitoring.rules, _draw)),
                rx.el.p("Nothing is looked for yet.", class_name="qk-hint"),
            ),
        ),
        rx.el.section(
            rx.el.h2("Where runs fail, and where their time goes", class_name="qk-card-title"),
            rx.el.div(
                rx.foreach(
                    Monitoring.places,
                    lambda one: link(
                        rx.icon("workflow", size=14), one.name, to=one.href, class_name="qk-link"
                    ),
                ),
                class_name="qk-facts",
            ),
            class_name="qk-card qk-fields",
            aria_label="Heat maps of workflows",
        ),
        class_name="qk-question",
    )


_COLUMNS = "minmax(0, 2fr) minmax(0, 1fr) minmax(0, 1fr) 40px"


def _tile(one: rx.vars.ArrayVar[list[str]]) -> rx.Component:
    return link(
        rx.el.span(one[0], class_name="qk-small qk-muted"),
        rx.el.strong(one[1], class_name="qk-figure qk-number"),
        rx.el.span(one[2], class_name="qk-hint"),
        to=one[3],
        class_name="qk-card qk-figure-card",
        custom_attrs={"data-state": one[4]},
    )


def _line(one: rx.vars.ArrayVar[list[str]]) -> rx.Component:
    return rx.el.div(
        rx.el.dt(one[0], class_name="qk-label"),
        rx.el.dd(one[1], rx.el.span(one[2], class_name="qk-hint"), class_name="qk-number"),
    )


def _draw(row: rx.vars.ObjectVar[Rule]) -> rx.Component:
    raised = rx.el.span(
        rx.icon("circle-alert", size=14), row.message, " ", moment(row.since), class_name="qk-raised"
    )
    return rx.el.div(
        rx.el.span(rx.el.span(row.words, class_name="qk-name"), rx.cond(row.raised, raised)),
        rx.el.span(row.where, class_name="qk-small qk-muted qk-clip", title=row.where),
        rx.el.span(row.told, class_name="qk-small qk-muted qk-clip"),
        rx.cond(
            Frame.may_edit,
            rx.el.button(
                rx.icon("trash-2", size=14),
                class_name="qk-icon-button",
                type="button",
                aria_label="Remove this alarm",
                on_click=Monitoring.remove(row.id),
            ),
            rx.el.span(),
        ),
        class_name="qk-row qk-row-tall",
        key=row.id,
    )
