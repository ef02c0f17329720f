"""Every shipped template with every sample, over REST, with a worker and the real inference worker."""

import subprocess
from typing import Any

import pytest

from backend.workflows import templates
from tests.backend.runs import made
from tests.backend.runs.served import calling, serving
from tests.backend.worker.house import House, check_invariants
from tests.backend.worker.over_rest import Program

pytestmark = [pytest.mark.db, pytest.mark.redis, pytest.mark.openvino]
CORRECTED = "Your subscription ends with the month."


async def play(program: Program, name: str) -> dict[str, dict[str, Any]]:
    """Start a run with every sample; the runs by the sample's name, when they have ended or wait for a person."""
    workflow_id = await program.from_template(name)
    samples = templates.get(name).diagram.samples
    started = {sample: await program.start(workflow_id, given) for sample, given in samples.items()}
    return {
        sample: await program.at_rest(run["id"]) if "id" in run else run for sample, run in started.items()
    }


async def play_support_triage(program: Program) -> list[str]:
    runs = await play(program, "support-triage")
    good = runs["good"]
    assert (good["status"], good["output"]["status"]) == ("succeeded", "answered"), good
    assert (good["output"]["label"], good["output"]["to"]) == ("billing", "ada@example.org")
    assert good["output"]["sources"]
    steps = await program.steps(good["id"])
    assert "approve" not in steps or steps["approve"]["status"] == "skipped"
    asks = runs["needs approval"]
    assert asks["status"] == "waiting_person", asks
    asked = await program.question(asks["id"])
    assert "+49" not in asked["message"], "personal data is masked"
    asks = await program.answer(asks["id"], "approved", values={"answer": CORRECTED})
    assert (asks["output"]["status"], asks["output"]["answer"]) == ("answered", CORRECTED)
    assert asks["output"]["label"] == "cancel"
    fails = runs["fails"]
    assert (fails["status"], fails["error"]["node_id"]) == ("failed", "classify"), fails
    assert "no text to classify" in fails["error"]["message"]
    return [run["id"] for run in (good, asks, fails)]


async def play_hello_approval(program: Program) -> list[str]:
    runs = await play(program, "hello-approval")
    ids = [run["id"] for run in runs.values()]
    text = (await program.question(ids[0]))["proposal"]
    said = await program.answer(ids[0], "approved", values=text)
    assert said["output"] == {"said": "Hello Ada, good to have you here!", "reason": None}
    assert "Ждана 世界" in (await program.question(ids[1]))["title"]
    silent = await program.answer(ids[1], "rejected", comment="Not today")
    assert silent["output"] == {"said": None, "reason": "Not today"}
    return ids


async def play_invoice_approval(program: Program) -> list[str]:
    runs = await play(program, "invoice-approval")
    assert runs["good"]["output"] == {"status": "paid", "payment": "P-2026-117"}
    undone = runs["undone"]
    assert undone["output"] == {"status": "not paid", "payment": None}, undone["status"]
    told = await program.emitted(undone["id"])
    assert told == ["payable.voided", "budget.released", "invoice.settled"], "the last first"
    asks = runs["needs approval"]
    assert (await program.question(asks["id"]))["title"] == "Pay Steel Works 18000?"
    await program.decide(asks["id"], "approved")
    assert "Second pair of eyes" in (await program.question(asks["id"]))["title"]
    asks = await program.answer(asks["id"], "rejected", comment="Not this year")
    assert asks["output"] == {"status": "declined", "payment": None}
    return [run["id"] for run in runs.values()]


async def play_incident_response(program: Program) -> list[str]:
    runs = await play(program, "incident-response")
    assert runs["good"]["output"] == {"state": "resolved", "attempts": 2, "rate": 0.4}
    assert runs["escalates"]["output"] == {"state": "escalated", "attempts": 3, "rate": 9.0}
    asks = runs["needs approval"]
    assert (await program.question(asks["id"]))["title"] == "ledger: roll back now?"
    asks = await program.answer(asks["id"], "approved")
    assert asks["output"] == {"state": "resolved", "attempts": 1, "rate": 0.2}
    return [run["id"] for run in runs.values()]


async def play_the_others(program: Program) -> list[str]:
    bill = await play(program, "map-over-a-list")
    assert bill["good"]["output"] == {"lines": ["1. Paper: 40", "2. Ink: 50", "3. Pens: 18.0"], "total": 108}
    assert bill["one row fails"]["output"] == {"lines": ["1. Paper: 40"], "total": 40}
    answers = await play(program, "answer-with-sources")
    assert answers["good"]["output"]["answered"], answers["good"]["output"]
    assert answers["good"]["output"]["sources"]
    assert not answers["nothing found"]["output"]["answered"]
    looked = await play(program, "fan-out-and-join")
    assert looked["good"]["output"]["topic"] == "praise"
    assert looked["good"]["output"]["personal_data"] == {"email": 1}
    assert "ada@example.org" not in looked["good"]["output"]["masked"]
    assert looked["a question"]["output"]["topic"] == "question"
    root = await play(program, "try-until-good")
    assert root["good"]["output"]["root"] == 1.414214
    assert root["good"]["output"]["rounds"] < 8
    refused = root["refused at the door"]
    assert (refused["status"], refused["problems"][0]["place"]) == (422, "input.number")
    ended = [*bill.values(), *answers.values(), *looked.values(), root["good"]]
    return [run["id"] for run in ended]


async def test_every_template_with_every_sample(house: House, shared_worker: subprocess.Popen[bytes]) -> None:
    house.worker()
    nobody = await made.world()
    async with serving() as port, calling(port, nobody.by) as caller:
        program = Program(caller)
        ids = await play_support_triage(program)
        ids += await play_hello_approval(program)
        ids += await play_invoice_approval(program)
        ids += await play_incident_response(program)
        ids += await play_the_others(program)
    assert shared_worker.poll() is None
    assert len(templates.all_()) == 8, "play the new one too"
    await check_invariants([await house.ended(run_id) for run_id in ids])
