"""What the editor's tests do again and again: make a workflow, drag, pull wires."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, WebSocketRoute

# Small amounts pause for a moment, large ones wait for a person; both end in the same output.
ASKING: dict[str, Any] = {
    "quadrille": 1,
    "name": "Ask a person",
    "nodes": [
        {
            "id": "start",
            "kind": "start",
            "name": "Request",
            "config": {
                "fields": [
                    {"name": "text", "type": "long_text", "label": "What is asked", "required": True},
                    {"name": "amount", "type": "number", "label": "Amount"},
                ]
            },
            "position": {"x": 0, "y": 120},
        },
        {
            "id": "check",
            "kind": "condition",
            "name": "Over 100?",
            "config": {"rules": {"rows": [{"field": "input.amount", "operator": "greater", "value": 100}]}},
            "position": {"x": 320, "y": 120},
        },
        {
            "id": "ask",
            "kind": "human_approval",
            "name": "Ask the boss",
            "config": {"title": "Pay {{ input.amount }}?"},
            "position": {"x": 640, "y": 0},
        },
        {
            "id": "pause",
            "kind": "wait",
            "name": "Short pause",
            "config": {"duration": 1},
            "position": {"x": 640, "y": 280},
        },
        {
            "id": "done",
            "kind": "output",
            "name": "Answer",
            "config": {"fields": [{"name": "text", "value": "{{ input.text }}"}]},
            "position": {"x": 960, "y": 120},
        },
    ],
    "wires": [
        {"source": "start", "target": "check"},
        {"source": "check", "source_port": "yes", "target": "ask"},
        {"source": "check", "source_port": "no", "target": "pause"},
        {"source": "ask", "source_port": "approved", "target": "done"},
        {"source": "pause", "target": "done"},
    ],
    "samples": {
        "Small": {"text": "A pen", "amount": 3},
        "Needs approval": {"text": "A desk", "amount": 300},
    },
}


DRAWN = "() => new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)))"
"""Until the page has been drawn anew with everything that has happened so far."""
STILL = """() => new Promise((done) => {
  let last = "", same = 0;
  const look = () => {
    const all = document.querySelectorAll(".react-flow__node, .react-flow__viewport");
    const now = JSON.stringify([...all].map((one) => one.style.transform));
    same = now === last ? same + 1 : 0;
    last = now;
    if (same === 6) done();
    else requestAnimationFrame(look);
  };
  look();
})"""
"""Until nothing has moved for six frames: a slow machine draws few, so that a time would say nothing."""


def csrf(context: BrowserContext) -> str:
    """The value that unsafe requests of this session carry."""
    return next(c.get("value", "") for c in context.cookies() if c.get("name") == "qk_csrf")


def post(page: Page, path: str, body: dict[str, Any]) -> Any:
    """A request of the page's own person."""
    address, headers = _own(page)
    answer = page.request.post(f"{address}/api/v1{path}", data=body, headers=headers)
    assert answer.ok, answer.text()
    return answer.json()


def delete(page: Page, path: str) -> None:
    """Likewise."""
    address, headers = _own(page)
    answer = page.request.delete(f"{address}/api/v1{path}", headers=headers)
    assert answer.ok, answer.text()


def _own(page: Page) -> tuple[str, dict[str, str]]:
    """Where the page is from, and what its unsafe requests carry."""
    address = "/".join(page.url.split("/")[:3])
    return address, {"X-CSRF": csrf(page.context), "Origin": address}


def held(page: Page, words: str) -> list[Callable[[], None]]:
    """Events with these words, kept on their way to the server from the next page on; each call sends one on."""
    waiting: list[Callable[[], None]] = []

    def between(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def to_server(message: str | bytes) -> None:
            if words in str(message):
                waiting.append(lambda: server.send(message))
            else:
                server.send(message)

        socket.on_message(to_server)

    page.route_web_socket("**/_event/**", between)
    return waiting


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Asks again and again."""
    for _ in range(480):
        if holds():
            return
        page.wait_for_timeout(250)
    raise AssertionError("it never came")


def new_workflow(page: Page, body: dict[str, Any]) -> str:
    """A workflow of this person's team; its id."""
    return post(page, "/workflows", body)["id"]


def centre(of: Locator) -> tuple[float, float]:
    """The middle of something on the page."""
    box = of.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, card: Locator, *, by: tuple[int, int]) -> None:
    """Drag a node by its head."""
    box = card.bounding_box()
    assert box is not None
    x, y = box["x"] + 90, box["y"] + 16
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 4, y + 1)  # what a drag moves until it begins is lost to it
    page.evaluate(DRAWN)
    page.mouse.move(x + by[0] / 2, y + by[1] / 2, steps=4)
    page.mouse.move(x + by[0], y + by[1], steps=4)
    page.mouse.up()
    page.evaluate(DRAWN)


def pull_wire(page: Page, source: str, target: str) -> None:
    """Draw a wire from one handle to another."""
    x, y = centre(page.get_by_test_id(source))
    to_x, to_y = centre(page.get_by_test_id(target))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move((x + to_x) / 2, (y + to_y) / 2, steps=5)
    page.mouse.move(to_x, to_y, steps=5)
    page.mouse.up()
