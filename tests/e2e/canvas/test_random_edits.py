"""Random verbs of the editor, played by Node on a draft without a browser: what they leave is a diagram, and undo leads back."""

import json
import os
import random
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from backend.nodes.registry import all_kinds
from backend.nodes.schemas import public
from backend.workflows import check, file
from tests.e2e.instance import Instance
from tests.servers import ROOT

pytestmark = pytest.mark.e2e

BUILT = ROOT / ".web" / "public" / "external" / "frontend" / "editor"
# What no verb may ever draw. Settings that nobody filled in and branches that lead nowhere are people's own matter.
BROKEN = {
    "wire_to_nowhere", "wire_crosses_border", "wire_crosses", "unknown_port", "inside_itself", "no_container", "cycle",
    "no_group", "self_loop", "no_way_in", "state_outside", "not_a_state", "exit_outside",
}  # fmt: skip


def said(script: str, *arguments: str) -> str:
    """What Node says when it plays a script of this folder on the editor's files."""
    kinds = [public(kind).model_dump(mode="json", by_alias=True) for kind in all_kinds().values()]
    node = Path(sysconfig.get_path("scripts")) / "node"
    done = subprocess.run(
        [node, Path(__file__).with_name(script), BUILT, *arguments],
        input=json.dumps(kinds), text=True, capture_output=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def played(seed: int, steps: int, how: str = "straight") -> dict[str, Any]:
    """What the script says of this seed."""
    return json.loads(said("random_edits.mjs", str(seed), str(steps), how))


@pytest.mark.parametrize("how", ["straight", "wavering"])
def test_random_edits_leave_a_diagram_and_undo_leads_back_to_the_start(instance: Instance, how: str) -> None:
    del instance  # it has built the pages, and with them the packages that the editor's files import
    seed = int(os.environ.get("SEED") or random.randrange(2**31))
    print(f"SEED={seed}")
    told = played(seed, 300, how)
    for drawn in told["diagrams"]:
        found = check.problems(file.read(drawn["text"]), all_kinds(), None)
        broken = [(one.code, one.message) for one in found if one.code in BROKEN]
        assert not broken, f"SEED={seed} after {drawn['after']}: {broken}"
    assert told["model"], f"SEED={seed}: the model has lost step with the draft"
    assert told["undone"], f"SEED={seed}: undo did not lead back to the start"
    assert told["redone"], f"SEED={seed}: redo did not lead forth again"


@pytest.mark.parametrize("within", [False, True])
def test_an_error_that_leaves_a_new_loop_stays_caught_inside_where_it_also_leads_there(
    instance: Instance, *, within: bool
) -> None:
    del instance
    drawn = file.read(said("loop_errors.mjs", *["within"] * within))
    caught = {node.id for node in drawn.nodes if node.on_error == "route"}
    errors = {(wire.source, wire.target) for wire in drawn.wires if wire.source_port == "error"}
    assert caught == ({"loop", "first"} if within else {"loop"})
    assert errors == ({("loop", "after"), ("first", "second")} if within else {("loop", "after")})
