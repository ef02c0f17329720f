"""A canvas in the browser as a test sees it: where nodes and wires are, and what a hand does with them."""

import itertools
from typing import Any

from playwright.sync_api import Locator, Page, Position, expect

from tests.e2e.editing import DRAWN, STILL, centre, new_workflow

Point = tuple[float, float]
HEAD: Position = {"x": 60, "y": 14}
"""From a node's corner to where it is clicked and dragged."""


def node(node_id: str, kind: str = "wait", x: float = 0, y: float = 0, **more: Any) -> dict[str, Any]:
    """One node of a diagram."""
    config = {"duration": 1} if kind == "wait" and "config" not in more else {}
    return {"id": node_id, "kind": kind, "config": config, "position": {"x": x, "y": y}} | more


def wire(source: str, target: str, port: str = "out", **more: Any) -> dict[str, Any]:
    """One wire of a diagram."""
    return {"source": source, "source_port": port, "target": target} | more


def row(*ids: str, gap: int = 320) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Nodes from left to right, each wired to the next."""
    nodes = [node(one, x=i * gap) for i, one in enumerate(ids)]
    return nodes, [wire(a, b) for a, b in itertools.pairwise(ids)]


class Sheet:
    """An open editor."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.workflow = ""

    def open(self, diagram: dict[str, Any], query: str = "") -> None:
        """Make the workflow and wait until its draft is there."""
        self.workflow = new_workflow(self.page, diagram)
        self.page.goto(f"/workflows/{self.workflow}{query}", wait_until="commit")
        self.ready(diagram["nodes"][0]["id"] if diagram["nodes"] else None)

    def ready(self, first: str | None) -> None:
        """Wait for the first node and for the server's copy."""
        if first:
            self.node(first).wait_for()
        expect(self.page.get_by_test_id("save-state")).to_have_attribute("data-state", "saved")
        expect(self.page.get_by_test_id("canvas")).to_have_attribute("data-opened", "true")
        expect(self.page.get_by_test_id("canvas")).to_have_attribute("data-whole", "true")

    # --- what is there ----------------------------------------------------------------------------

    def node(self, node_id: str) -> Locator:
        return self.page.get_by_test_id(f"node-{node_id}")

    def port(self, node_id: str, port: str = "out") -> Locator:
        return self.page.get_by_test_id(f"handle-{node_id}-{port}")

    def wire(self, source: str, target: str, port: str = "out") -> Locator:
        return self.page.get_by_test_id(f"wire-{source}.{port}>{target}.in")

    def joined(self, source: str, target: str, port: str = "out", *, there: bool = True) -> None:
        """Assert that the wire is there, or is not."""
        expect(self.wire(source, target, port)).to_have_count(1 if there else 0)

    def by_id(self, test_id: str) -> Locator:
        return self.page.get_by_test_id(test_id)

    def selected(self) -> set[str]:
        """The ids of the selected nodes."""
        found = self.page.locator("[data-selected][data-kind]").evaluate_all(
            "all => all.map(one => one.dataset.testid)"
        )
        return {one.removeprefix("node-") for one in found}

    def expect_selected(self, *ids: str) -> None:
        """Assert that exactly these nodes are selected."""
        for one in ids:
            expect(self.node(one)).to_have_attribute("data-selected", "true")
        expect(self.page.locator("[data-selected][data-kind]")).to_have_count(len(ids))

    def at(self, node_id: str) -> Point:
        """The corner of a node on the page."""
        box = self.node(node_id).bounding_box()
        assert box is not None
        return box["x"], box["y"]

    def zoom(self) -> float:
        """How large the canvas is drawn; 1 is 100 %."""
        return self.page.locator(".react-flow__viewport").evaluate(
            "it => new DOMMatrix(getComputedStyle(it).transform).a"
        )

    def origin(self) -> Point:
        """Where the canvas's own (0, 0) is on the canvas's frame."""
        x, y = self.page.locator(".react-flow__viewport").evaluate(
            "it => { const m = new DOMMatrix(getComputedStyle(it).transform); return [m.e, m.f] }"
        )
        return x, y

    def middle_of_wire(self, source: str, target: str, port: str = "out") -> Point:
        return self.on_wire(source, target, 0.5, port)

    def on_wire(self, source: str, target: str, part: float, port: str = "out") -> Point:
        """The point on the line itself after this part of its length."""
        x, y = (
            self.wire(source, target, port)
            .locator("path.react-flow__edge-path")
            .evaluate(
                "(it, part) => { const p = it.getPointAtLength(it.getTotalLength() * part).matrixTransform(it.getScreenCTM()); return [p.x, p.y] }",
                part,
            )
        )
        return x, y

    def still(self) -> None:
        """Wait until nodes that slide, and the view, have arrived."""
        self.page.evaluate(STILL)

    # --- what a hand does -------------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def pull(
        self,
        start: Locator | Point,
        end: Locator | Point,
        *,
        hold: str = "",
        let_go: bool = True,
        button: Any = "left",
    ) -> None:
        """Press at one place, move to another, and let go there unless told not to."""
        mouse = self.page.mouse
        x, y = centre(start) if isinstance(start, Locator) else start
        to_x, to_y = centre(end) if isinstance(end, Locator) else end
        if hold:
            self.page.keyboard.down(hold)
        mouse.move(x, y)
        mouse.down(button=button)
        mouse.move(
            x + 4, y + 1
        )  # what a drag moves until it begins is lost to it: it must not come together with the next
        self.page.evaluate(DRAWN)
        mouse.move((x + to_x) / 2, (y + to_y) / 2, steps=4)
        mouse.move(to_x, to_y, steps=4)
        if let_go:
            mouse.up(button=button)
            if hold:
                self.page.keyboard.up(hold)
            self.page.evaluate(DRAWN)

    def drag_node(self, node_id: str, to: Point, *, hold: str = "", let_go: bool = True) -> None:
        """Drag a node by its head so that its corner comes to a place on the page."""
        self.pull(self.head(node_id), (to[0] + HEAD["x"], to[1] + HEAD["y"]), hold=hold, let_go=let_go)

    def head(self, node_id: str) -> Point:
        x, y = self.at(node_id)
        return x + HEAD["x"], y + HEAD["y"]

    def click_node(self, node_id: str, *, hold: str = "") -> None:
        """Click its head: where it is when the click arrives, for the view may be on its way to elsewhere."""
        if hold:
            self.page.keyboard.down(hold)
        self.node(node_id).click(position=HEAD)
        if hold:
            self.page.keyboard.up(hold)

    def undo(self) -> None:
        self.by_id("undo").click()

    def empty_spot(self) -> Point:
        """A place of the canvas where nothing stands."""
        x, y = centre(self.by_id("canvas"))
        return x, y + 260
