"""How the nodes of one workflow do: where its newest runs failed, and where their time went."""

import reflex as rx

from backend.core.errors import NotFound
from backend.workflows import service as workflows
from frontend import routes, shell
from frontend.components import frames
from frontend.components.links import link
from frontend.heat.heat import heat_map
from frontend.rules import allows
from frontend.state import edge
from frontend.state.frame import Frame


class WorkflowHealth(rx.State):
    """Which workflow it is."""

    shown: str = ""
    name: str = ""
    href: str = ""
    missing: str = ""

    @rx.event
    @allows("run.read")
    async def load(self):
        """Find the workflow of this address."""
        self.reset()
        ref = self.router.url.query_parameters.get("workflow_id", "") or self.workflow_id  # pyright: ignore[reportAttributeAccessIssue] - the route's part
        try:
            async with edge.reading() as (session, by):
                found = await workflows.get(session, by, ref)
        except NotFound as error:
            self.missing = error.message
            return
        self.shown, self.name, self.href = found.id, found.name, routes.workflow(found.id)


@rx.page(route=routes.WORKFLOW_HEALTH, title="Health · Quadrille", on_load=[Frame.load, WorkflowHealth.load])
def workflow_health_page() -> rx.Component:
    """The drawing with its heat."""
    return shell.page(
        frames.one(WorkflowHealth.missing, WorkflowHealth.shown != "", heat_map(WorkflowHealth.shown)),
        title=rx.cond(WorkflowHealth.name != "", WorkflowHealth.name, "Health"),
        before_title=frames.back(routes.MONITORING, "Monitoring"),
        action=link("Open the editor", to=WorkflowHealth.href, class_name="qk-link qk-small"),
        wide=True,
    )
