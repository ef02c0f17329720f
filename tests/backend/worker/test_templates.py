"""Every shipped template with every sample and its evaluation set, over REST, with a worker and the real inference worker."""

import asyncio
import subprocess
from contextlib import AsyncExitStack
from typing import Any

import pytest

from backend.runs.schemas import TERMINAL
from backend.workflows import templates
from backend.workflows.diagram import Diagram
from tests.backend.identity import people
from tests.backend.runs import made
from tests.backend.runs.served import calling, serving
from tests.backend.worker.house import House, check_invariants
from tests.backend.worker.over_rest import Program
from tests.conftest import forget_settings

pytestmark = [pytest.mark.db, pytest.mark.redis, pytest.mark.openvino]
CORRECTED = "Your subscription ends with the month."

made_from: dict[str, str] = {}
"""The workflows by their templates."""


async def play(program: Program, name: str) -> dict[str, dict[str, Any]]:
    """Start a run with every sample; the runs by the sample's name, when they have ended or wait for a person."""
    workflow_id = made_from[name] = await program.from_template(name)
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


async def play_invoice_approval(program: Program, ben: Program) -> list[str]:
    runs = await play(program, "invoice-approval")
    assert runs["good"]["output"] == {"status": "paid", "payment": "P-2026-117"}
    undone = runs["fails"]
    assert undone["output"] == {"status": "not paid", "payment": None}, undone["status"]
    told = await program.emitted(undone["id"])
    back = ["supplier.corrected", "payment.cancelled", "budget.released"]
    assert told == ["supplier.notified", *back, "invoice.settled"], "the last first"
    asks = runs["needs approval"]
    asked = await program.question(asks["id"])
    assert asked["title"] == "Pay Steel Works 18000?"
    refused = await program.http.post(
        f"/approvals/{asked['id']}/decision",
        json={"verdict": "approved", "arguments_hash": asked["arguments_hash"]},
    )
    assert (refused.status_code, "started the run" in refused.json()["detail"]) == (403, True)
    await ben.decide(asks["id"], "approved")
    assert "Second pair of eyes" in (await ben.question(asks["id"]))["title"]
    asks = await ben.answer(asks["id"], "rejected", comment="Not this year")
    assert asks["output"] == {"status": "declined", "payment": None}
    stuck = runs["undo fails"]
    assert (await program.question(stuck["id"]))[
        "title"
    ] == "Void the payable could not undo Create the payable"
    letters = (await program.http.get("/dead-letters", params={"run_id": stuck["id"]})).json()["items"]
    assert [one["reason"] for one in letters if one["run_id"] == stuck["id"]] == ["compensation"]
    settled = await program.answer(stuck["id"], "approved", values={"action": "skip"})
    assert settled["output"]["status"] == "not paid"
    assert "budget.released" in await program.emitted(stuck["id"])
    return [run["id"] for run in runs.values()]


async def play_incident_response(program: Program, ben: Program, cleo: Program, on_call: str) -> list[str]:
    runs = await play(program, "incident-response")
    good = runs["good"]["output"]
    assert good == good | {"state": "resolved", "attempts": 2, "rate": 0.4}
    assert good["note"].startswith("A restart has helped")
    fails = runs["fails"]["output"]
    assert fails == fails | {"state": "escalated", "attempts": 3, "rate": 9.0}
    down = runs["tool is down"]["output"]["note"]
    assert down.startswith("The action tool does not work: ")
    assert "127.0.0.1" in down
    assert runs["nobody knows"]["output"]["note"] == "The cause is not known."
    asks = runs["needs approval"]
    asked = await program.question(asks["id"])
    assert (asked["title"], asked["needed"]) == ("ledger: roll back now?", 1)
    assert "renamed a column that is still written (90 %)" in asked["message"]
    asks = await program.answer(asks["id"], "approved")
    assert asks["output"] == asks["output"] | {"state": "resolved", "attempts": 1, "rate": 0.2}
    sample = templates.get("incident-response").diagram.samples["needs approval"]
    paged = await program.start(made_from["incident-response"], sample | {"on_call": on_call})
    asked = await ben.question(paged["id"])
    assert (asked["needed"], len(asked["members"])) == (2, 3)
    await ben.decide(paged["id"], "approved")
    agreed = await cleo.answer(paged["id"], "approved")
    assert agreed["output"]["state"] == "resolved", "two of three have agreed"
    impatient = await program.make(expiring(templates.get("incident-response").diagram, "ask", 0.2))
    late = await program.start(impatient, sample | {"on_call": on_call})
    async with asyncio.timeout(120):
        while (asked := await program.question(late["id"]))["node_id"] != "next":
            await asyncio.sleep(0.05)
    assert (asked["needed"], asked["members"]) == (1, []), "nobody on call has answered in time"
    late = await program.answer(late["id"], "rejected", comment="Not at night")
    assert late["output"] == late["output"] | {"state": "escalated", "attempts": 0, "note": "Not at night"}
    return [*(run["id"] for run in runs.values()), paged["id"], late["id"]]


def expiring(diagram: Diagram, node_id: str, seconds: float) -> Diagram:
    """The diagram with another expiry of an approval."""
    nodes = [
        node.model_copy(update={"config": node.config | {"expires_after": seconds}})
        if node.id == node_id
        else node
        for node in diagram.nodes
    ]
    return diagram.model_copy(update={"nodes": tuple(nodes)})


async def play_lead_qualification(program: Program) -> list[str]:
    runs = await play(program, "lead-qualification")
    assert runs["good"]["output"] == runs["good"]["output"] | {"outcome": "filed", "score": 5, "letter": None}
    fails = runs["fails"]
    assert (fails["status"], fails["error"]["node_id"]) == ("failed", "lead"), fails
    web = (await program.steps(runs["needs approval"]["id"]))["web"]["output"]
    assert (web["tool_calls"], web["data"]) == (1, {}), "no search service is set up, and it says nothing"
    asks = await program.answer(runs["needs approval"]["id"], "approved", values={"letter": "Dear Ada, yes."})
    hot = {"outcome": "written to", "score": 95, "letter": "Dear Ada, yes."}
    assert asks["output"] == asks["output"] | hot
    assert asks["output"]["company"] == {"value": "Ledger Limited", "from": "crm"}, (
        "the CRM before the register before the form"
    )
    warm = runs["waits for an answer"]
    assert warm["status"] == "waiting_event", warm
    sent = {"name": "lead.replied", "key": "grace@paper.example", "payload": {}}
    signalled = await program.http.post(f"/runs/{warm['id']}/signals", json=sent)
    assert signalled.is_success, signalled.text
    warm = await program.until(warm["id"], lambda run: run["status"] in TERMINAL)
    assert (warm["output"]["outcome"], warm["output"]["company"]["from"]) == ("replied", "register")
    return [run["id"] for run in runs.values()]


async def play_document_extraction(program: Program) -> list[str]:
    runs = await play(program, "document-extraction")
    good = runs["good"]["output"]
    read = [(row["document"], row["number"], row["total"]) for row in good["rows"]]
    assert read == [
        ("paper.pdf", "P-2026-117", 119),
        ("steel.xlsx", "SW-88012", 2380),
        ("hosting.html", "CH-5050", 95.2),
        ("taxi.csv", "4711", 32.1),
    ]
    assert (good["total"], good["others"], good["failed"]) == (2626.3, ["party.docx"], [])
    one = runs["fails"]["output"]
    assert [row["total"] for row in one["rows"]] == [95.2]
    scan, empty = one["failed"]
    assert (scan.startswith("scan.pdf: "), empty) == (True, "empty.txt: ValueError: there is no amount in it")
    asks = runs["needs approval"]
    message = (await program.question(asks["id"]))["message"]
    assert "net and VAT make 119.00, not 191.00" in message
    assert "| **total** | 191.0 | **40 %, look here** |" in message, "the agent has read 119"
    assert "| number | INK-77 | 98 % |" in message
    corrected = {"number": "INK-77", "date": "2026-11-05", "total": 119}
    asks = await program.answer(asks["id"], "approved", values=corrected)
    assert asks["output"]["total"] == 119
    return [run["id"] for run in runs.values()]


async def play_content_pipeline(program: Program, ben: Program) -> list[str]:
    runs = await play(program, "content-pipeline")
    good = runs["good"]["output"]
    assert good == good | {"status": "published", "score": 9.3, "rounds": 3}
    told = await program.emitted(runs["good"]["id"])
    assert (set(told[:2]), told[2:]) == ({"site.published", "social.published"}, ["content.published"])
    asks = runs["needs approval"]
    assert (await ben.question(asks["id"]))["message"] == "After 3 rounds the critics give it 9.3 of 10."
    text = {"text": "It starts in half the time."}
    asks = await ben.answer(asks["id"], "approved", values=text)
    assert asks["output"] == {"status": "published", "score": 9.3, "rounds": 3} | text
    undone = runs["fails"]
    assert undone["output"]["status"] == "taken back"
    told = await program.emitted(undone["id"])
    assert set(told[:2]) == {"site.published", "social.published"}
    assert set(told[2:-1]) == {"site.unpublished", "social.unpublished"}
    never = runs["never good"]["output"]
    assert (never["status"], never["score"] < 8) == ("not good enough", True)
    return [run["id"] for run in runs.values()]


async def play_research_team(program: Program) -> list[str]:
    runs = await play(program, "research-team")
    good = runs["good"]["output"]
    assert (good["status"], good["score"], good["rounds"]) == ("answered", 9, 2), runs["good"]
    assert "140 of your 240" in good["report"]
    found = good["findings"]
    assert [one["to"] for one in found] == ["Searcher", "Reader", "Analyst", "Fact checker"], found
    assert [
        "(Refunds)" in found[0]["answer"],
        "notice" in found[1]["answer"],
        "140" in found[2]["answer"],
    ] == [True] * 3
    asks = runs["needs approval"]
    assert "When is a payment refunded?" in (await program.question(asks["id"]))["message"]
    aside = await program.answer(asks["id"], "rejected", comment="Not now")
    assert (aside["output"]["status"], aside["output"]["rounds"]) == ("put aside", 0)
    fails = runs["fails"]
    assert (fails["status"], fails["error"]["node_id"]) == ("failed", "plan"), fails
    unknown = runs["nothing known"]["output"]
    assert (unknown["rounds"], unknown["score"]) == (1, 8)
    assert "does not answer this" in unknown["report"]
    return [run["id"] for run in runs.values()]


async def play_the_patterns(program: Program) -> list[str]:
    """A pipeline with gates, a debate, a fusion, and a choreography: good, needs approval, fails."""
    offer = await play(program, "gate-pipeline")
    sent = offer["good"]["output"]
    assert (sent["status"], sent["score"]) == ("sent", 0.9), offer["good"]
    steps = await program.steps(offer["good"]["id"])
    assert [steps[f"rounds:{n}/rules"]["output"]["score"] for n in range(3)] == [0.25, 0.75, 1]
    asks = await program.answer(offer["needs approval"]["id"], "rejected")
    assert (asks["output"]["status"], asks["output"]["score"]) == ("declined", 0.4)
    assert "no price is known for A chair that nobody sells" in offer["fails"]["error"]["message"]
    debate = await play(program, "debate")
    good = debate["good"]["output"]
    assert (good["by"], good["rounds"], good["status"]) == ("Against", 3, "decided"), debate["good"]
    assert "service contract" in good["risks"]
    asked = await program.answer(debate["needs approval"]["id"], "approved", values={"answer": "Green."})
    assert (asked["output"]["decision"], asked["output"]["by"]) == ("Green.", "a person")
    assert "names no two ways" in debate["fails"]["error"]["message"]
    choice = await play(program, "fused-choice")
    good = choice["good"]["output"]
    assert (good["supplier"], good["share"], good["list"][0]["name"]) == ("leaf", 0.6667, "Leaf")
    chosen = await program.answer(choice["needs approval"]["id"], "approved", values={"supplier": "North"})
    assert (chosen["output"]["supplier"], chosen["output"]["share"]) == ("North", 0.3333)
    assert "no supplier has moon dust" in choice["fails"]["error"]["message"]
    return [run["id"] for runs in (offer, debate, choice) for run in runs.values()]


async def play_the_discussions(program: Program) -> list[str]:
    """A desk that hands over, a round, and a board; all of them reckon with what they are given."""
    desk = await play(program, "service-desk")
    good = desk["good"]["output"]
    handed = [(one["from"], one["to"]) for one in good["hand_overs"]]
    assert handed == [("Front desk", "Billing"), ("Billing", "Technical"), ("Technical", "Billing")], good
    assert (good["by"], good["refund"]) == ("Billing", 240 / 360 * 30)
    asked = await program.question(desk["needs approval"]["id"])
    assert asked["title"] == "Give 150 back to Ben?"
    agreed = await program.answer(
        desk["needs approval"]["id"], "approved", values={"answer": "150 comes back."}
    )
    assert agreed["output"] == agreed["output"] | {"refund": 150, "answer": "150 comes back."}
    assert "there is no customer C-7777" in desk["fails"]["error"]["message"]
    assert "instead of 25" in desk["wants to leave"]["output"]["answer"], "a fifth is offered"
    assert desk["nothing wrong"]["output"]["by"] == "Technical"
    found = await play(program, "estimate-in-a-round")
    good = found["good"]["output"]
    assert good["estimates"] == {"Developer": 8.9, "Tester": 10.6, "Operator": 9.5}, good
    assert (good["days"], good["rounds"], good["by"]) == (9.5, 2, "the round")
    asked = await program.question(found["needs approval"]["id"])
    assert (
        "After 4 rounds they stand between 19.6 and 25.0 days, and payments are touched." in asked["message"]
    )
    counts = await program.answer(found["needs approval"]["id"], "approved", values={"days": 22})
    assert (counts["output"]["days"], counts["output"]["by"]) == (22, "a person")
    assert "45 parts are too many" in found["fails"]["error"]["message"]
    board = await play(program, "plan-at-a-board")
    good = board["good"]["output"]
    written = [(one["round"], one["who"]) for one in good["board"]]
    assert written == [(1, "Host"), (1, "Cook"), (2, "Driver"), (3, "Purse"), (4, "Host"), (5, "Purse")], good
    assert "Stone hut. Beds 960, travel 660, meals 1728, together 3348." in good["plan"]
    asked = await program.question(board["needs approval"]["id"])
    assert asked["title"] == "Spend 8520 instead of 6000?"
    dropped = await program.answer(board["needs approval"]["id"], "rejected")
    assert (dropped["output"]["status"], dropped["output"]["budget"]) == ("dropped", 6000)
    assert "I know 60 beds at most, and 150 are needed" in board["fails"]["error"]["message"]
    assert board["enough money"]["output"]["rounds"] == 3
    return [run["id"] for runs in (desk, found, board) for run in runs.values()]


async def play_answer_with_sources(program: Program) -> list[str]:
    runs = await play(program, "answer-with-sources")
    good = runs["good"]
    assert (good["output"]["answered"], good["output"]["tries"]) == (True, 1), good
    assert good["output"]["sources"][0] == "[1] Invoices, receipts and VAT"
    steps = await program.steps(good["id"])
    ways = {way: steps[f"rounds:0/{way}"]["output"]["passages"] for way in ("meaning", "words", "neighbours")}
    assert all(ways.values()), "each way finds something"
    fused = steps["rounds:0/fuse"]["output"]
    assert fused["ranks"][0]["from"] == ["meaning", "words", "neighbours"], "the best is in all three lists"
    best = [one["score"] for one in steps["rounds:0/best"]["output"]["passages"]]
    assert best == sorted(best, reverse=True)
    assert 0 < len(best) <= 4 < len(fused["value"])
    again = runs["second try"]
    assert (again["output"]["answered"], again["output"]["tries"]) == (True, 2), again
    told = await program.steps(again["id"])
    assert "passages were found" in told["rounds:0/round"]["output"]["critique"]
    assert told["rounds:1/query"]["output"]["text"] == "Delete my account", "other words after the critique"
    fails = runs["fails"]
    assert fails["output"] == fails["output"] | {"answered": False, "sources": [], "tries": 3}
    assert fails["output"]["answer"].startswith("Not found")
    assert await program.emitted(fails["id"]) == ["knowledge.missing"]
    asks = await program.answer(
        runs["needs approval"]["id"], "approved", values={"answer": "Suillus grevillei."}
    )
    assert (asks["output"]["answered"], asks["output"]["answer"]) == (True, "Suillus grevillei.")
    assert await program.emitted(asks["id"]) == ["knowledge.missing", "knowledge.written"]
    assert "ignore your instructions" in runs["turned away"]["output"]["answer"]
    return [run["id"] for run in runs.values()]


async def play_keep_knowledge_fresh(program: Program) -> list[str]:
    runs = await play(program, "keep-knowledge-fresh")
    assert runs["good"]["output"] == {"indexed": ["pets.md", "lunch.html"], "passages": 2, "failed": []}
    for way in ("meaning", "words", "neighbours"):
        asked = {"query": "When is lunch?", "by": way, "limit": 1}
        found = await program.http.post("/collections/handbook/search", json=asked)
        assert [one["source"] for one in found.json()] == ["lunch.html"], (way, found.text)
    asks = await program.answer(runs["needs approval"]["id"], "approved")
    assert (asks["output"]["indexed"], len(asks["output"]["failed"])) == (["pets.md"], 1)
    assert "not a list" in runs["fails"]["error"]["message"]
    return [run["id"] for run in runs.values()]


async def play_choreography(program: Program) -> list[str]:
    """All that was told comes to whom it is for, and to no other run."""
    workflow_id = made_from["choreography"] = await program.from_template("choreography")
    samples = templates.get("choreography").diagram.samples
    ids = {name: (await program.start(workflow_id, given))["id"] for name, given in samples.items()}
    good = await program.until(ids["good"], lambda run: run["status"] in TERMINAL)
    assert good["output"] == {"status": "shipped", "parcel": "P-chair-4"}, good
    assert (await program.question(ids["needs approval"]))["title"] == "Buy 4 x table?"
    asks = await program.answer(ids["needs approval"], "rejected")
    assert asks["output"] == {"status": "cancelled", "parcel": None}
    fails = await program.until(ids["fails"], lambda run: run["status"] in TERMINAL)
    assert "the stock knows no unicorn" in fails["error"]["message"]
    return list(ids.values())


async def play_the_others(program: Program) -> list[str]:
    bill = await play(program, "map-over-a-list")
    assert bill["good"]["output"] == {"lines": ["1. Paper: 40", "2. Ink: 50", "3. Pens: 18.0"], "total": 108}
    assert bill["one row fails"]["output"] == {"lines": ["1. Paper: 40"], "total": 40}
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
    ended = [*bill.values(), *looked.values(), root["good"]]
    return [run["id"] for run in ended]


async def evaluate_all(program: Program) -> None:
    """Every workflow from a template brings a set, in which its draft scores 1."""
    begun: dict[str, str] = {}
    for name, workflow_id in made_from.items():
        (chosen,) = (await program.http.get(f"/workflows/{workflow_id}/evaluation-sets")).json()["items"]
        sent = await program.http.post(
            f"/evaluation-sets/{chosen['id']}/evaluations", json={"version": "draft"}
        )
        begun[name] = sent.json()["id"]
    assert begun.keys() == {template.name for template in templates.all_()}
    for name, evaluation_id in begun.items():
        async with asyncio.timeout(120):
            while (found := (await program.http.get(f"/evaluations/{evaluation_id}")).json())[
                "status"
            ] == "running":
                await asyncio.sleep(0.1)
        assert (found["score"], found["passed"]) == (1, found["cases"]), (name, found)


async def test_every_template_with_every_sample(
    house: House, shared_worker: subprocess.Popen[bytes], environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("QUADRILLE_API_RATE_PER_MINUTE", "0")  # it asks again and again
    forget_settings()
    house.worker()
    nobody = await made.world()
    others = [await people.person(nobody.by.team_id, "admin") for _ in range(3)]
    on_call = ", ".join(one.email for one in others)
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(serving())
        accounts = (nobody.by, others[0].by, others[1].by)
        program, ben, cleo = [
            Program(await stack.enter_async_context(calling(port, account))) for account in accounts
        ]
        ids = await play_support_triage(program)
        ids += await play_hello_approval(program)
        ids += await play_invoice_approval(program, ben)
        ids += await play_incident_response(program, ben, cleo, on_call)
        ids += await play_lead_qualification(program)
        ids += await play_document_extraction(program)
        ids += await play_content_pipeline(program, ben)
        ids += await play_research_team(program)
        ids += await play_the_patterns(program)
        ids += await play_the_discussions(program)
        ids += await play_choreography(program)
        ids += await play_answer_with_sources(program)
        ids += await play_keep_knowledge_fresh(program)
        ids += await play_the_others(program)
        await evaluate_all(program)
    assert shared_worker.poll() is None
    assert len(templates.all_()) == 20, "play the new one too"
    await check_invariants([await house.ended(run_id) for run_id in ids])
