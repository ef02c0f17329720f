"""Drawing wires: from handles, onto nodes, by clicks, back again, and what the canvas offers instead of a no."""

import pytest
from playwright.sync_api import expect

from tests.e2e.canvas.conftest import Open
from tests.e2e.canvas.sheet import node, row, wire
from tests.e2e.editing import centre

pytestmark = pytest.mark.e2e


def test_C23_a_wire_let_go_over_empty_canvas_asks_for_a_fitting_node_and_is_one_step(draw: Open) -> None:
    sheet = draw([node("a"), node("b", y=140)])
    sheet.pull(sheet.port("a"), (centre(sheet.port("a"))[0] + 120, centre(sheet.port("a"))[1] - 60))
    expect(sheet.by_id("picker-item-code")).to_be_attached()
    expect(sheet.by_id("picker-item-start")).to_have_count(0)  # nothing can be wired into it
    expect(sheet.by_id("picker-item-note")).to_have_count(0)
    sheet.page.keyboard.type("set f")
    sheet.press("Enter")
    sheet.joined("a", "set_fields")
    sheet.press("Escape")
    sheet.undo()
    expect(sheet.node("set_fields")).to_have_count(0)
    sheet.joined("a", "set_fields", there=False)
    expect(sheet.by_id("undo")).to_be_disabled()


def test_C23_backwards_from_an_entry_the_new_node_stands_before(draw: Open) -> None:
    sheet = draw([node("a", x=400)])
    x, y = centre(sheet.port("a", "in"))
    sheet.pull((x, y), (x - 60, y + 150))
    expect(sheet.by_id("picker-item-output")).to_have_count(0)  # nothing leaves it
    sheet.page.keyboard.type("http")
    sheet.press("Enter")
    sheet.joined("http_request", "a")
    assert sheet.at("http_request")[0] < sheet.at("a")[0]


def test_C24_a_wire_let_go_on_the_body_of_a_node_goes_to_its_entry(draw: Open) -> None:
    sheet = draw([node("a"), node("b", x=400)])
    sheet.pull(sheet.port("a"), sheet.head("b"))
    sheet.joined("a", "b")


def test_C24_targets_glow_others_dim_and_say_why(draw: Open) -> None:
    nodes, wires = row("a", "b", "c")
    sheet = draw([*nodes, node("start", "start", y=200)], wires)
    sheet.pull(sheet.port("c"), sheet.head("start"), let_go=False)
    box = sheet.page.locator(".react-flow__node")
    expect(sheet.page.locator("[data-fits=no]")).to_have_count(3)
    fits = dict(box.evaluate_all("all => all.map(one => [one.dataset.id, one.dataset.fits])"))
    assert fits == {"a": "no", "b": "no", "c": None, "start": "no"}
    expect(sheet.by_id("refusal")).to_contain_text("has no entry")
    expect(box.filter(has=sheet.node("start"))).to_have_css("opacity", "0.4")
    sheet.page.mouse.up()
    expect(sheet.by_id("refusal")).to_have_count(0)
    sheet.pull(sheet.port("a"), sheet.head("c"), let_go=False)
    expect(box.filter(has=sheet.node("c"))).to_have_attribute("data-fits", "yes")
    sheet.page.mouse.up()
    sheet.joined("a", "c")
    expect(sheet.page.locator("[data-fits]")).to_have_count(0)


def test_C27_the_end_of_a_wire_moves_to_another_node_and_over_nothing_the_wire_goes(draw: Open) -> None:
    sheet = draw([node("a"), node("b", x=520), node("c", x=520, y=160)], [wire("a", "b")])
    sheet.page.mouse.click(*sheet.on_wire("a", "b", 0.25))  # in the middle are its tools
    expect(sheet.wire("a", "b")).to_have_attribute("data-selected", "true")
    x, y = centre(sheet.port("b", "in"))
    end = (x - 20, y)
    sheet.pull(end, sheet.port("c", "in"))
    sheet.joined("a", "c")
    sheet.joined("a", "b", there=False)
    x, y = centre(sheet.port("c", "in"))
    sheet.pull((x - 20, y), (x - 80, y + 200))
    sheet.joined("a", "c", there=False)
    expect(sheet.by_id("picker")).to_have_count(0)
    sheet.undo()
    sheet.joined("a", "c")
    sheet.undo()
    sheet.joined("a", "b")


def test_C28_ctrl_click_on_an_output_then_clicks_wire_a_chain(draw: Open) -> None:
    sheet = draw([node("a"), node("b", x=320), node("c", x=640)])
    sheet.page.keyboard.down("Control")
    sheet.page.mouse.click(*centre(sheet.port("a")))
    sheet.page.keyboard.up("Control")
    expect(sheet.by_id("wiring")).to_contain_text("click the next node")
    sheet.page.mouse.click(*centre(sheet.port("b", "in")))
    sheet.joined("a", "b")
    sheet.click_node("c")
    sheet.joined("b", "c")
    sheet.press("Escape")
    expect(sheet.by_id("wiring")).to_have_count(0)
    sheet.undo()
    sheet.joined("b", "c", there=False)
    sheet.joined("a", "b")
    sheet.click_node("a")
    sheet.expect_selected("a")  # a click selects again


def test_C29_ports_tell_by_shape_and_colour_what_they_carry(draw: Open) -> None:
    sheet = draw([node("api", "http_request"), node("ask", "chat_model", x=400)])
    carries = [
        sheet.port(*of).get_attribute("data-carries")
        for of in (("api",), ("ask", "in"), ("api", "in"), ("ask",))
    ]
    assert carries == ["json", "text", "any", "text"]
    looks = "it => [getComputedStyle(it).borderRadius, getComputedStyle(it).borderColor, getComputedStyle(it, '::before').content]"
    assert len({str(sheet.port(*of).evaluate(looks)) for of in (("api",), ("ask",), ("api", "in"))}) == 3
    expect(sheet.port("api")).to_have_attribute("title", "out, JSON")


def test_C29_json_into_a_text_offers_a_converter_in_one_step(draw: Open) -> None:
    sheet = draw([node("api", "http_request"), node("ask", "chat_model", x=400)])
    sheet.pull(sheet.port("api"), sheet.port("ask", "in"))
    sheet.by_id("offer-text").get_by_role("button", name="To text").click()
    sheet.joined("api", "to_text")
    sheet.joined("to_text", "ask")
    sheet.joined("api", "ask", there=False)
    sheet.click_node("ask")
    expect(sheet.by_id("inspector")).to_contain_text("nodes.to_text.text")
    sheet.undo()
    sheet.joined("api", "ask")
    expect(sheet.node("to_text")).to_have_count(0)


def test_C30_a_wire_back_is_refused_with_an_offer_that_makes_a_loop(draw: Open) -> None:
    rules = {"rules": {"rows": [{"field": "nodes.draft.score", "operator": "greater", "value": 8}]}}
    nodes = [
        node("start", "start"),
        node("draft", x=320),
        node("check", "condition", x=640, config=rules, on_error="route"),
        node("help", x=960, y=240),
        node("done", "output", x=960, config={"fields": [{"name": "a", "value": "1"}]}),
    ]
    sheet = draw(
        nodes,
        [
            wire("start", "draft"),
            wire("draft", "check"),
            wire("check", "done", "yes"),
            wire("check", "help", "error"),
        ],
    )
    sheet.pull(sheet.port("check", "no"), sheet.head("draft"))
    sheet.joined("check", "draft", "no", there=False)
    offer = sheet.by_id("offer-loop")
    expect(offer).to_contain_text("Make this a loop?")
    offer.get_by_role("button", name="No").click()
    expect(sheet.by_id("undo")).to_be_disabled()
    sheet.pull(sheet.port("check", "no"), sheet.head("draft"))
    sheet.press("Enter")  # the offer has the focus
    sheet.joined("start", "loop")
    sheet.joined("loop", "done")
    sheet.joined("loop", "help", "error")
    expect(sheet.port("check", "error")).to_have_count(0)
    sheet.joined("draft", "check")
    expect(sheet.node("loop")).to_contain_text("nodes.check.result")
    x, y = sheet.at("draft")
    frame = sheet.node("loop").bounding_box()
    assert frame is not None
    assert frame["x"] < x < frame["x"] + frame["width"]
    assert frame["y"] < y < frame["y"] + frame["height"]
    expect(sheet.by_id("problems")).to_have_attribute(
        "data-tone", "warning"
    )  # two loose ports, nothing wrong
    sheet.undo()
    expect(sheet.node("loop")).to_have_count(0)
    sheet.joined("check", "done", "yes")


def test_C30_in_a_state_machine_a_wire_back_is_drawn_as_a_return_arc(draw: Open) -> None:
    go = {"transitions": [{"name": "go", "event": "go"}]}
    states = [
        node("one", "state", 40, 80, parent="m", config={"initial": True} | go),
        node(
            "two", "state", 440, 80, parent="m", config={"transitions": [{"name": "back", "event": "back"}]}
        ),
    ]
    sheet = draw([node("m", "state_machine"), *states], [wire("one", "two", "go")])
    sheet.pull(sheet.port("two", "back"), sheet.port("one", "in"))
    sheet.joined("two", "one", "back")
    expect(sheet.wire("two", "one", "back")).to_have_attribute("data-return", "true")
    expect(sheet.wire("one", "two", "go")).not_to_have_attribute("data-return", "true")
    arc = sheet.wire("two", "one", "back").locator("path.react-flow__edge-path").bounding_box()
    card = sheet.node("two").bounding_box()
    assert arc is not None
    assert card is not None
    assert arc["y"] + arc["height"] > card["y"] + card["height"]


def test_C31_a_branch_carries_words_that_can_be_written(draw: Open) -> None:
    nodes = [node("check", "condition"), node("big", x=480, y=-80), node("err", x=480, y=160)]
    sheet = draw(
        [nodes[0] | {"on_error": "route"}, *nodes[1:]],
        [wire("check", "big", "yes"), wire("check", "err", "error")],
    )
    sheet.page.mouse.dblclick(*sheet.middle_of_wire("check", "big", "yes"))
    sheet.page.get_by_label("Label of the wire").fill("more than 100")
    sheet.press("Enter")
    sheet.press("Escape")
    sheet.page.mouse.move(2, 2)
    expect(sheet.page.locator(".qc-wire-label")).to_have_text("more than 100")
    expect(sheet.by_id("picker")).to_have_count(0)
    error = sheet.wire("check", "err", "error").locator("path.react-flow__edge-path")
    assert error.evaluate("it => getComputedStyle(it).strokeDasharray") == "6px, 4px"
    sheet.undo()
    expect(sheet.page.locator(".qc-wire-label")).to_have_count(0)
    expect(sheet.by_id("undo")).to_be_disabled()


def test_C32_a_node_that_comes_near_a_free_port_is_wired_unless_alt_is_held(draw: Open) -> None:
    sheet = draw([node("a"), node("b", x=560, y=240)])
    x, y = sheet.at("a")
    zoom = sheet.zoom()
    near = (x + 290 * zoom, y + 24 * zoom)
    sheet.drag_node("b", near, let_go=False)
    expect(sheet.by_id("candidate-wire")).to_be_attached()
    sheet.page.mouse.up()
    sheet.joined("a", "b")
    sheet.undo()
    sheet.joined("a", "b", there=False)
    sheet.page.mouse.move(2, 2)
    sheet.drag_node("b", (near[0] - 40, near[1]), let_go=False)
    sheet.page.keyboard.down("Alt")  # held from the start it would copy
    sheet.page.mouse.move(near[0] + 60, near[1] + 14, steps=3)
    expect(sheet.by_id("candidate-wire")).to_have_count(0)
    sheet.page.mouse.up()
    sheet.page.keyboard.up("Alt")
    expect(sheet.by_id("redo")).to_be_disabled()
    sheet.joined("a", "b", there=False)


def test_C31_compensations_are_dotted_orange_and_point_back(draw: Open) -> None:
    nodes = [
        node("saga", "saga", size=[620, 380]),
        node("book", x=30, y=60, parent="saga", compensate_with="free"),
        node("free", x=30, y=240, parent="saga"),
        node("pay", x=330, y=60, parent="saga"),
    ]
    sheet = draw(nodes, [wire("book", "pay")])
    path = sheet.by_id("undo-book>free").locator("path.react-flow__edge-path")
    expect(path).to_have_attribute("marker-start", "url(#qc-arrow)")
    expect(path).to_have_css("stroke-linecap", "round")
    expect(path).to_have_css("stroke-dasharray", "0.1px, 5px")
    orange = "it => { const probe = document.createElement('i'); probe.style.color = 'var(--qk-state-compensating)'; it.closest('.qc-canvas').append(probe); const of = getComputedStyle(probe).color; probe.remove(); return of === getComputedStyle(it).stroke }"
    assert path.evaluate(orange)
    expect(sheet.node("free")).to_contain_text("undoes Wait")
    expect(sheet.node("free").locator(".qc-port").first).to_have_css("opacity", "0")
