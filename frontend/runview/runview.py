"""The run view as a Reflex component: canvas, step, timeline and events of one run, live."""

import reflex as rx

from frontend.components import SHARED_PACKAGES, share_browser_files
from frontend.runview import share_run_view_files


class RunViewIsland(rx.NoSSRComponent):
    """The island; it reads the run over REST and follows its events over the socket."""

    library = share_run_view_files("RunView.jsx")
    tag = "RunView"
    lib_dependencies: list[str] = SHARED_PACKAGES
    run_id: rx.Var[str]
    may_steer: rx.Var[bool]
    may_start: rx.Var[bool]


share_browser_files()


def run_view(
    run_id: str | rx.Var[str], may_steer: rx.Var[bool] | bool = False, may_start: rx.Var[bool] | bool = False
) -> rx.Component:
    """The view of one run; it fills the box that it stands in. Who may steer it may send it events; who may start may fork it."""
    return RunViewIsland.create(run_id=run_id, may_steer=may_steer, may_start=may_start)
