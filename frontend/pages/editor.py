"""The editor's page: the shell around the island, or why there is nothing to edit."""

import reflex as rx

from backend.core.errors import NotFound
from backend.workflows import service as workflows
from frontend import routes, shell
from frontend.components import notes
from frontend.editor.editor import editor
from frontend.rules import allows
from frontend.state import edge
from frontend.state.frame import Frame


class EditorPage(rx.State):
    """Only whether the workflow of this address exists; its draft lives in the island and its room."""

    shown: str = ""
    missing: str = ""

    @rx.event
    @allows("workflow.read")
    async def load(self):
        """Look the workflow up before the island opens its room."""
        self.shown = self.missing = ""
        try:
            async with edge.reading() as (session, by):
                found = await workflows.get(session, by, self.workflow_id)  # pyright: ignore[reportAttributeAccessIssue] - the route's part
        except NotFound as error:
            self.missing = error.message
            return
        self.shown = found.id


@rx.page(route=routes.EDITOR, title="Editor · Quadrille", on_load=[Frame.load, EditorPage.load])
def editor_page() -> rx.Component:
    """The canvas fills everything beside the rail."""
    return rx.cond(
        EditorPage.missing != "",
        shell.page(
            notes.problem(
                EditorPage.missing,
                fix="It may have been deleted, or belong to another team. The list has the others.",
            ),
            title="Workflow",
        ),
        shell.frame(
            rx.el.div(
                rx.cond(
                    EditorPage.shown != "",
                    rx.el.div(editor(key=EditorPage.shown), class_name="qk-island"),
                    _bones(),
                ),
                class_name="qk-bleed",
            )
        ),
    )


def _bones() -> rx.Component:
    """The island's paper while the page asks for the workflow."""
    return rx.el.div(
        class_name="qk-island qk-paper qk-skeleton", aria_busy="true", aria_label="Loading the editor"
    )
