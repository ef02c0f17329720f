"""What the browser's files say in their own words must be what Python says: states, ports, rules for names."""

import json
import re
import subprocess
import sysconfig
from pathlib import Path
from typing import Any, get_args

import pytest

from backend.nodes.registry import all_kinds
from backend.nodes.schemas import public
from backend.runs.schemas import RunStatus, Shown
from frontend import theme

ROOT = Path(__file__).resolve().parents[2]
COMPONENTS = ROOT / "frontend" / "components"


def in_node(script: str) -> Any:
    """What a small module prints as JSON, run by the Node that builds the pages."""
    node = Path(sysconfig.get_path("scripts")) / "node"
    done = subprocess.run(
        [node, "--input-type=module", "-e", script], cwd=ROOT, text=True, capture_output=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_both_sides_know_the_same_states_words_and_icons() -> None:
    told = in_node(
        f'import {{ STATES }} from "{COMPONENTS / "states.js"}"; console.log(JSON.stringify(STATES));'
    )
    mine = {n: {"word": s.word, "icon": s.icon, "turns": s.turns} for n, s in theme.STATES.items()}
    assert told == mine


def test_the_icons_of_our_own_kinds_need_no_second_download() -> None:
    known = re.findall(r"\w+", (COMPONENTS / "icons_known.js").read_text().partition("export {")[2])
    kebab = {re.sub(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[0-9])(?=[A-Z])", "-", name).lower() for name in known}
    assert {kind.icon for kind in all_kinds().values()} <= kebab


@pytest.mark.parametrize("more", [{}, {"transitions": [{"name": "go"}]}, {"final": True}])
def test_the_browser_derives_the_ports_of_every_kind_by_the_same_rule(more: dict[str, Any]) -> None:
    kinds = all_kinds()
    config = {
        "labels": [{"name": "billing"}, {"name": ""}, {"name": "billing"}],
        "cases": [{"name": "one"}],
    } | more
    given = [public(kind).model_dump(mode="json", by_alias=True) for kind in kinds.values()]
    defaults = {kind["name"]: kind["defaults"] for kind in given}
    told = in_node(
        f'import {{ portsOf }} from "{COMPONENTS / "kinds.js"}";'
        f"const kinds = {json.dumps(given)}; const node = {{ config: {json.dumps(config)} }};"
        "console.log(JSON.stringify(Object.fromEntries(kinds.map((k) => [k.name, portsOf(k, node)]))));"
    )
    assert told == {name: list(kind.ports.of(defaults[name] | config)) for name, kind in kinds.items()}


def test_ids_made_in_the_browser_fit_the_diagram() -> None:
    placing = ROOT / "frontend" / "editor" / "placing.js"
    told = in_node(
        f'import {{ freeId }} from "{placing}"; const taken = new Set(["wait", "wait_2"]);'
        'console.log(JSON.stringify(["wait", "Größe 1!", "9lives", "a".repeat(90), "wait_2"]'
        ".map((base) => freeId(base, (id) => taken.has(id)))));"
    )
    assert told[0] == "wait_3"
    assert told[4] == "wait_3"
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,62}", one) for one in told), told


def test_the_editor_holds_states_in_machines_only_and_lets_them_go_round() -> None:
    placing = ROOT / "frontend" / "editor" / "placing.js"
    given = [public(kind).model_dump(mode="json", by_alias=True) for kind in all_kinds().values()]
    nodes = {
        "m": ("state_machine", None),
        "a": ("state", "m"),
        "b": ("state", "m"),
        "x": ("code", None),
        "y": ("code", None),
    }
    told = in_node(
        f'import {{ containerAt, refusal }} from "{placing}";'
        f"const kinds = new Map({json.dumps(given)}.map((kind) => [kind.name, kind]));"
        f"const nodes = new Map(Object.entries({json.dumps(nodes)}).map(([id, [kind, parent]]) => [id, {{ id, kind, parent, config: {{}}, size: [500, 500] }}]));"
        "const model = { nodes, node: (id) => nodes.get(id), absolute: () => ({ x: 0, y: 0 }), leads: () => true };"
        'const pairs = [["a", "b"], ["a", "a"], ["x", "y"], ["x", "x"], ["a", "x"]];'
        "const at = (kind) => containerAt(model, kinds, { x: 9, y: 9 }, kinds.get(kind))?.id ?? null;"
        'console.log(JSON.stringify([pairs.map(([from, to]) => refusal(model, kinds, from, to)), at("state"), at("code")]));'
    )
    refused, state_in, code_in = told
    assert refused[:2] == ["", ""]
    assert [bool(why) for why in refused[2:]] == [True, True, True]
    assert (state_in, code_in) == ("m", "a")


def test_packages_of_the_islands_are_pinned_exactly() -> None:
    from frontend import components
    from frontend.editor import editor

    loose = [
        one
        for one in [*components.SHARED_PACKAGES, *editor.Editor.create().lib_dependencies]
        if not re.fullmatch(r"(@[\w-]+/)?[\w.-]+@\d+\.\d+\.\d+", one)
    ]
    assert not loose


def test_R04_every_state_of_a_run_has_a_word_and_an_icon_of_its_own() -> None:
    wanted = {*get_args(RunStatus), *get_args(Shown), "compensating", "compensated"}
    looks = [theme.STATES[name] for name in wanted]
    assert len({look.word for look in looks}) == len(wanted)
    assert all(look.icon for look in looks)


def test_R11_the_ticks_of_a_timeline_are_round_and_no_two_are_called_the_same() -> None:
    spans = [1, 40, 312, 790, 4_000, 59_000, 61_000, 7_200_000, 90_000_000]
    told = in_node(
        f"""import {{ ticksOf, timescale }} from "{ROOT / "frontend" / "runview" / "timescale.js"}";
        const views = [[0, 1], [0.4, 0.6]].map(([from, to]) => ({{ from, to }}));
        const scaleOf = (took) => timescale({{ run: {{ queuedAt: 0, finishedAt: took }}, events: [], steps: new Map() }}, took, false);
        console.log(JSON.stringify({spans}.map((took) => views.map((view) => ticksOf(scaleOf(took), view)))));"""
    )
    for took, (whole, zoomed) in zip(spans, told, strict=True):
        for ticks in (whole, zoomed):
            words = [one["word"] for one in ticks]
            assert len(set(words)) == len(words) <= 6, words
            assert all(0 <= one["at"] <= took for one in ticks)
        assert whole[0] == {"at": 0, "word": "0"}
        assert len(whole) > 1, whole
    assert [one["word"] for one in told[2][0]] == ["0", "0.1 s", "0.2 s", "0.3 s"]
