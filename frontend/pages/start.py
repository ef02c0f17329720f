"""The start page: four ways to a first workflow, and the templates."""

from dataclasses import dataclass

import reflex as rx
from reflex.event import EventSpec

from backend.nodes import registry
from backend.runs import starting
from backend.workflows import service as workflows
from backend.workflows import templates, thumbnail
from frontend import routes, shell
from frontend.components import notes
from frontend.rules import allows
from frontend.state import edge
from frontend.state.frame import Frame


@dataclass
class Card:
    """One template in the gallery."""

    name: str
    title: str
    description: str
    facts: str
    picture: str
    runs_at_once: bool


class Start(rx.State):
    """The gallery."""

    cards: rx.Field[list[Card]] = rx.field(default_factory=list)
    loaded: bool = False

    @rx.event
    @allows("workflow.read")
    async def load(self):
        """Every shipped template, with its picture."""
        self.cards = [_card(template) for template in templates.all_()]
        self.loaded = True

    @rx.event
    @allows("workflow.edit")
    async def begin_empty(self) -> EventSpec:
        """A new workflow with a start and an output."""
        async with edge.writing() as (session, by):
            made = await workflows.create(session, by)
        return rx.redirect(routes.workflow(made.id))

    @rx.event
    @allows("workflow.edit")
    async def begin_described(self) -> EventSpec:
        """A new workflow whose editor asks in a sentence what it is to do."""
        async with edge.writing() as (session, by):
            made = await workflows.create(session, by)
        return rx.redirect(f"{routes.workflow(made.id)}?describe")

    @rx.event
    @allows("workflow.edit")
    async def use(self, name: str) -> EventSpec:
        """A new workflow from a template."""
        async with edge.writing() as (session, by):
            made = await templates.take(session, by, name)
        return rx.redirect(routes.workflow(made.id))

    @rx.event
    @allows("workflow.edit")
    async def run_with_sample(self, name: str) -> EventSpec:
        """A new workflow from a template, started at once with its first sample."""
        diagram = templates.get(name).diagram
        sample = next(iter(diagram.samples.values()))
        async with edge.writing() as (session, by):
            made = await templates.take(session, by, name)
            run = await starting.start(session, by, workflow_id=made.id, input=sample, version="draft")
        return rx.redirect(routes.run(run.id))


def _card(template: templates.Template) -> Card:
    diagram = template.diagram
    count = sum(node.kind != "note" for node in diagram.nodes)
    return Card(
        name=template.name,
        title=diagram.name,
        description=diagram.description,
        facts=" · ".join([f"{count} nodes", *template.tags]),
        picture=thumbnail.svg(diagram, registry.all_kinds()),
        runs_at_once=bool(diagram.samples),
    )


@rx.page(route=routes.START, title="Start · Quadrille", on_load=[Frame.load, Start.load])
def start() -> rx.Component:
    """Four cards, then the gallery."""
    return shell.page(
        rx.el.p(
            "Draw a team of agents, press Run, watch it work, and step in when it matters.",
            class_name="qk-lead",
        ),
        rx.cond(Frame.may_edit, _ways()),
        rx.el.section(
            rx.el.h2("Templates"),
            rx.cond(
                Start.loaded,
                rx.el.div(rx.foreach(Start.cards, _draw), class_name="qk-gallery"),
                notes.skeleton(3, 88),
            ),
            class_name="qk-section",
            id="templates",
        ),
        title="Start a workflow",
    )


def _ways() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.a(
                *_words(
                    "layout-template",
                    "Start from a template",
                    "Complete, with sample inputs; runs without any key.",
                ),
                href="#templates",
                class_name="qk-card qk-choice",
            ),
            rx.el.label(
                *_words(
                    "file-up",
                    "Import a file",
                    "Ours in YAML or JSON; n8n, Dify, Langflow, Flowise, or OpenAI Agents SDK code.",
                ),
                rx.el.input(
                    type="file",
                    accept=".yaml,.yml,.json,.py,.ts",
                    class_name="qk-file",
                    aria_label="Diagram file",
                    custom_attrs={"data-import-diagram": ""},
                ),
                class_name="qk-card qk-choice",
            ),
            rx.el.button(
                *_words(
                    "square-plus", "Empty workflow", "A start and an output; you draw what lies between."
                ),
                class_name="qk-card qk-choice",
                on_click=Start.begin_empty,
            ),
            rx.el.button(
                *_words(
                    "sparkles",
                    "Describe it",
                    "Say in a sentence what it should do; a model or the nearest template proposes it.",
                ),
                class_name="qk-card qk-choice",
                on_click=Start.begin_described,
                custom_attrs={"data-testid": "start-describe"},
            ),
            class_name="qk-cards qk-four",
        ),
        rx.el.div(
            rx.icon("circle-alert", size=18),
            rx.el.div(custom_attrs={"data-import-words": ""}),
            id="import-problem",
            class_name="qk-problem",
            role="alert",
            hidden=True,
        ),
        class_name="qk-ways",
    )


def _words(icon: str, title: str, sentence: str) -> tuple[rx.Component, ...]:
    return (
        rx.el.span(rx.icon(icon, size=18), class_name="qk-tile"),
        rx.el.span(title, class_name="qk-card-title"),
        rx.el.span(sentence, class_name="qk-muted qk-small"),
    )


def _draw(card: rx.vars.ObjectVar[Card]) -> rx.Component:
    return rx.el.article(
        rx.html(card.picture.to(str), class_name="qk-thumbnail qk-paper"),
        rx.el.div(
            rx.el.h3(card.title, class_name="qk-card-title qk-clip", title=card.title),
            rx.el.p(card.description, class_name="qk-muted qk-small qk-lines", title=card.description),
            rx.el.div(
                rx.el.span(card.facts, class_name="qk-muted qk-hint qk-clip", style={"flex": "1"}),
                class_name="qk-facts-line",
            ),
            rx.cond(
                Frame.may_edit,
                rx.el.div(
                    rx.button("Use", size="2", variant="soft", on_click=Start.use(card.name)),
                    rx.cond(
                        card.runs_at_once,
                        rx.button(
                            rx.icon("play", size=14),
                            "Run with sample",
                            size="2",
                            on_click=Start.run_with_sample(card.name),
                        ),
                    ),
                    class_name="qk-actions",
                ),
            ),
            class_name="qk-template-words",
        ),
        class_name="qk-card qk-template",
        key=card.name,
    )
