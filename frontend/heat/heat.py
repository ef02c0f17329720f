"""The heat map as a Reflex component: the nodes of a workflow, coloured by what they did in its newest runs."""

import reflex as rx

from frontend.components import SHARED_PACKAGES, share_browser_files
from frontend.heat import share_heat_files


class HeatIsland(rx.NoSSRComponent):
    """The island; it reads the diagram and the figures over REST."""

    library = share_heat_files("HeatMap.jsx")
    tag = "HeatMap"
    lib_dependencies: list[str] = SHARED_PACKAGES
    workflow_id: rx.Var[str]


share_browser_files()


def heat_map(workflow_id: str | rx.Var[str]) -> rx.Component:
    """The map of one workflow; it fills the box that it stands in."""
    return HeatIsland.create(workflow_id=workflow_id)
