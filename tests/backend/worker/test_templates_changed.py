"""Templates as people change them, and with real servers: a lead's register, a table's webhook, an incident's action tool."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from backend.runs.schemas import TERMINAL
from backend.workflows import templates
from backend.workflows.diagram import Diagram
from tests.backend.runs import made
from tests.backend.runs.served import calling, serving
from tests.backend.worker.house import House
from tests.backend.worker.over_rest import Program
from tests.conftest import forget_settings
from tests.http_server import Answer, Asked, json_answer
from tests.http_server import serving as answering

pytestmark = [
    pytest.mark.db,
    pytest.mark.redis,
    pytest.mark.openvino,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
COMPANY = {"company": "Paper and Daughters", "employees": 5000}


def changed(name: str, **settings: dict[str, Any]) -> Diagram:
    """A template with other settings of some nodes."""
    raw = templates.get(name).diagram.model_dump(mode="json")
    for node in raw["nodes"]:
        node["config"] |= settings.get(node["id"], {})
    return Diagram.model_validate(raw)


def sample(name: str, of: str) -> dict[str, Any]:
    """What a template's sample gives its run."""
    return templates.get(name).diagram.samples[of]


@pytest.fixture
async def program(
    house: House, shared_worker: object, environment: pytest.MonkeyPatch
) -> AsyncIterator[Program]:
    """It may start runs of a worker whose steps may call servers of this machine."""
    environment.setenv("QUADRILLE_API_RATE_PER_MINUTE", "0")
    forget_settings()
    house.worker(QUADRILLE_OUTBOUND_ALLOW="127.0.0.1")
    nobody = await made.world()
    async with serving() as port, calling(port, nobody.by) as caller:
        yield Program(caller)


async def test_with_an_address_the_register_is_really_asked(program: Program) -> None:
    source = templates.get("lead-qualification").diagram.node("lead").config["source"]
    async with answering(lambda _: json_answer(COMPANY)) as register:
        told = source.replace('register = ""', f'register = "{register.url}/companies/"')
        assert told != source
        workflow = await program.make(changed("lead-qualification", lead={"source": told}))
        given = sample("lead-qualification", "waits for an answer")
        run = await program.at_rest((await program.start(workflow, given))["id"])
    steps = await program.steps(run["id"])
    assert [asked.path for asked in register.asked] == ["/companies/paper.example"]
    assert steps["register"]["output"]["body"] == COMPANY
    assert "sample" not in steps or steps["sample"]["status"] == "skipped"
    fused = steps["fuse"]["output"]
    assert (fused["value"]["company"], fused["from"]["employees"]) == ("Paper and Daughters", "register")
    assert run["status"] == "waiting_event"


async def test_a_warm_lead_that_never_answers_is_reminded_twice_and_archived(program: Program) -> None:
    workflow = await program.make(changed("lead-qualification", answer={"timeout": 0.1}))
    started = await program.start(workflow, sample("lead-qualification", "waits for an answer"))
    run = await program.until(started["id"], lambda run: run["status"] in TERMINAL)
    emitted = await program.emitted(run["id"])
    assert emitted == ["lead.followed_up", "lead.followed_up", "lead.qualified"]
    assert run["output"]["outcome"] == "filed", run


async def test_the_rows_of_documents_go_out_by_webhook_also_where_it_is_busy_at_first(
    program: Program,
) -> None:
    answers = [Answer(503), json_answer({"stored": 4})]
    async with answering(lambda _: answers.pop(0)) as server:
        given = sample("document-extraction", "good") | {"webhook": f"{server.url}/rows"}
        workflow = await program.from_template("document-extraction")
        run = await program.at_rest((await program.start(workflow, given))["id"])
    assert run["status"] == "succeeded", run
    assert run["output"]["rows"]
    asked = {(one.method, one.path, one.headers["content-type"]) for one in server.asked}
    assert asked == {("POST", "/rows", "application/json")}
    assert [one.json() for one in server.asked] == [{"rows": run["output"]["rows"]}] * 2
    (key,) = {one.headers["idempotency-key"] for one in server.asked}
    assert key.startswith(run["id"]), "a table that has heard it twice can know"


async def test_rows_that_no_webhook_takes_fail_the_run_after_they_were_told_as_an_event(
    program: Program,
) -> None:
    async with answering(lambda _: Answer(410)) as server:
        given = sample("document-extraction", "good") | {"webhook": server.url}
        workflow = await program.from_template("document-extraction")
        run = await program.at_rest((await program.start(workflow, given))["id"])
    assert (run["status"], run["error"]["node_id"]) == ("failed", "hook"), run
    assert "410" in run["error"]["message"]
    assert await program.emitted(run["id"]) == ["documents.extracted"]


async def test_the_action_tool_of_an_incident_acts_at_each_attempt(program: Program) -> None:
    async with answering(lambda _: json_answer({"restarted": True})) as tool:
        given = sample("incident-response", "good") | {"tool": f"{tool.url}/restart"}
        workflow = await program.from_template("incident-response")
        run = await program.at_rest((await program.start(workflow, given))["id"])
    assert run["output"] == run["output"] | {"state": "resolved", "attempts": 2, "rate": 0.4}, run
    said = {"service": "checkout", "action": "restart"}
    assert [one.json() for one in tool.asked] == [said | {"attempt": 1}, said | {"attempt": 2}]
    assert len({one.headers["idempotency-key"] for one in tool.asked}) == 2
    assert await program.emitted(run["id"]) == ["incident.detected"], "the tool acts, nobody else is told to"


async def test_an_action_tool_that_fails_three_times_is_left_alone_by_the_next_incident(
    program: Program,
) -> None:
    def refuses(_: Asked) -> Answer:
        return Answer(500)

    async with answering(refuses) as tool:
        given = sample("incident-response", "good") | {"tool": f"{tool.url}/restart"}
        workflow = await program.make(changed("incident-response", call={"rest_for": 3600}))
        runs = [await program.at_rest((await program.start(workflow, given))["id"]) for _ in range(3)]
    for run in runs:
        assert run["output"] == run["output"] | {"state": "escalated", "attempts": 1}, run
        assert run["output"]["note"].startswith("The action tool does not work: ")
        assert (await program.emitted(run["id"]))[-1] == "incident.escalated"
    assert len(tool.asked) == 3, "two tries of the first, one of the second, none of the third"
