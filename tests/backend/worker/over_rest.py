"""A program that makes workflows, starts runs, answers questions and reads what came of it, over REST alone."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2

from backend.runs.schemas import TERMINAL
from backend.workflows.diagram import Diagram
from tests.backend.runs.served import Caller


class Program:
    """Its API key says who it is."""

    def __init__(self, caller: Caller) -> None:
        self.http = caller.http

    async def make(self, diagram: Diagram) -> str:
        """A workflow with this draft; its id."""
        return await self._made(diagram.model_dump(mode="json"))

    async def from_template(self, name: str) -> str:
        """A workflow that begins as a template; its id."""
        return await self._made({"template": name})

    async def start(self, workflow_id: str, given: Any) -> dict[str, Any]:
        """Start a run of the draft: the run, or the problem where the input is refused."""
        sent = {"input": given, "version": "draft"}
        return (await self._asked("POST", f"/workflows/{workflow_id}/runs", json=sent)).json()

    async def until(self, run_id: str, when: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait for a state of a run; fails with its error where it ends before."""
        run = await self.run(run_id)
        try:
            async with asyncio.timeout(180):
                while not when(run):
                    assert run["status"] not in TERMINAL, await self._ended(run)
                    await asyncio.sleep(0.05)
                    run = await self.run(run_id)
        except TimeoutError:
            raise AssertionError(f"still {run['status']}: {await self.steps(run_id)}") from None
        return run

    async def run(self, run_id: str) -> dict[str, Any]:
        """The run as it is now."""
        return await self._got(f"/runs/{run_id}")

    async def _ended(self, run: dict[str, Any]) -> str:
        return f"it has {run['status']} already: {run['error']} {await self.steps(run['id'])}"

    async def _got(self, path: str, **params: Any) -> dict[str, Any]:
        answer = await self._asked("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def _asked(self, method: str, path: str, **sent: Any) -> httpx2.Response:
        """The answer; one that is asked too often says when to come again, and a slow run is asked for often."""
        while (answer := await self.http.request(method, path, **sent)).status_code == 429:
            await asyncio.sleep(float(answer.headers["retry-after"]))
        return answer

    async def at_rest(self, run_id: str) -> dict[str, Any]:
        """The run when it has ended or waits for a person or an event."""
        return await self.until(
            run_id, lambda run: run["status"] in {*TERMINAL, "waiting_person", "waiting_event"}
        )

    async def steps(self, run_id: str) -> dict[str, dict[str, Any]]:
        """The steps of a run by path and node."""
        items = (await self._got(f"/runs/{run_id}/steps"))["items"]
        return {"/".join(filter(None, (s["path"], s["node_id"]))): s for s in items}

    async def question(self, run_id: str) -> dict[str, Any]:
        """The open question of a run; fails with the run's error where it ends without one."""
        async with asyncio.timeout(120):
            while True:
                run = await self.run(run_id)
                for asked in (await self._got("/approvals"))["items"]:
                    if asked["run_id"] == run_id:
                        return asked
                assert run["status"] not in TERMINAL, await self._ended(run)
                await asyncio.sleep(0.1)

    async def answer(self, run_id: str, verdict: str, **more: Any) -> dict[str, Any]:
        """Decide it; the run when it has ended."""
        await self.decide(run_id, verdict, **more)
        return await self.until(run_id, lambda run: run["status"] in TERMINAL)

    async def decide(self, run_id: str, verdict: str, **more: Any) -> None:
        """Decide the open question of a run."""
        asked = await self.question(run_id)
        sent = {"verdict": verdict, "arguments_hash": asked["arguments_hash"], **more}
        decided = await self._asked("POST", f"/approvals/{asked['id']}/decision", json=sent)
        assert decided.status_code == 200, decided.text

    async def emitted(self, run_id: str) -> list[str]:
        """The topics of the events that the run emitted, in their order."""
        page = await self._got(f"/runs/{run_id}/events", limit=1000)
        return [event["data"]["topic"] for event in page["items"] if event["kind"] == "event.emitted"]

    async def _made(self, body: dict[str, Any]) -> str:
        made = await self._asked("POST", "/workflows", json=body)
        assert made.status_code == 201, made.text
        return made.json()["id"]
