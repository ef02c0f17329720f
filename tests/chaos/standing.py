"""A standing instance as an operator and a program see it: its processes, its API, and what must hold at the end."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import psutil

from backend.runs.schemas import TERMINAL
from backend.workflows.diagram import Diagram
from tests.e2e.instance import Instance

WORDS = {
    "worker": "backend.worker --runs",
    "inference": "backend.worker --inference",
    "web": "app.serve",
    "redis": "valkey-server",
}
SECONDS = 150


def children(instance: Instance) -> list[psutil.Process]:
    """Every process under the supervisor, grandchildren too."""
    assert instance.process
    return psutil.Process(instance.process.pid).children(recursive=True)


def of_role(instance: Instance, role: str) -> psutil.Process:
    """The process that the supervisor keeps alive for this."""
    assert instance.process
    for child in psutil.Process(instance.process.pid).children():
        if WORDS[role] in command(child):
            return child
    raise LookupError(role)


def command(process: psutil.Process) -> str:
    """How it was called; nothing where it has just ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


async def another(instance: Instance, role: str, than: psutil.Process) -> None:
    """Wait until the supervisor has started it again."""
    async with asyncio.timeout(SECONDS):
        while True:
            try:
                if of_role(instance, role) != than:
                    return
            except LookupError:
                pass
            await asyncio.sleep(0.1)


async def kill(instance: Instance, role: str) -> None:
    """kill -9, and wait for its successor; what it had started itself must end with it."""
    victim = of_role(instance, role)
    its_own = victim.children(recursive=True)
    os.kill(victim.pid, signal.SIGKILL)
    await another(instance, role, victim)
    assert not await gone(its_own, 60), f"{role} left processes behind"


async def gone(processes: list[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Those that have not ended in this time."""
    _, alive = await asyncio.to_thread(psutil.wait_procs, processes, seconds)
    return [process for process in alive if lives(process)]


def lives(process: psutil.Process) -> bool:
    """Also False for one that ends while it is looked at."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Program:
    """A program with an API key that repeats what got no answer, under the same key, as a careful one does."""

    def __init__(self, instance: Instance, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self.http = httpx2.AsyncClient(base_url=f"{instance.url}/api/v1", headers=headers, timeout=120)
        self.accepted: list[str] = []

    async def ask(self, method: str, path: str, **sent: Any) -> Any:
        """The answer's JSON, also when the web process dies meanwhile."""
        async with asyncio.timeout(SECONDS):
            while True:
                try:
                    answer = await self.http.request(method, path, **sent)
                except httpx2.TransportError:
                    await asyncio.sleep(0.1)
                    continue
                assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
                return answer.json()

    async def publish(self, diagram: Diagram) -> str:
        """Make and publish a workflow; its id."""
        made = await self.ask("POST", "/workflows", json=diagram.model_dump(mode="json"))
        await self.ask("POST", f"/workflows/{made['id']}/publish")
        return made["id"]

    async def start(self, workflow_id: str, given: Any = None) -> str:
        """Start a run under a key of its own."""
        headers = {"Idempotency-Key": f"start-{len(self.accepted)}"}
        path = f"/workflows/{workflow_id}/runs"
        sent = {"input": {} if given is None else given, "version": "published"}
        run = await self.ask("POST", path, json=sent, headers=headers)
        self.accepted.append(run["id"])
        return run["id"]

    async def until(
        self, run_id: str, when: Callable[[dict[str, Any]], bool], seconds: float = SECONDS
    ) -> Any:
        """Wait for a state of a run; fails with its history, where the run ends before at once."""
        end = asyncio.get_running_loop().time() + seconds
        while not when(run := await self.ask("GET", f"/runs/{run_id}")):
            if run["status"] in TERMINAL or asyncio.get_running_loop().time() > end:
                events = [f"{e['seq']} {e['kind']} {e['node_id'] or ''}" for e in await self.history(run_id)]
                told = f"{run_id} is {run['status']} ({run['error']}), given {seconds} s"
                raise AssertionError(f"{told}: {events}")
            await asyncio.sleep(0.1)
        return run

    async def ended(self, run_id: str) -> Any:
        """Wait until a run has ended."""
        return await self.until(run_id, lambda run: run["status"] in TERMINAL)

    async def history(self, run_id: str) -> list[dict[str, Any]]:
        """All events of a run."""
        path, events = f"/runs/{run_id}/events", list[dict[str, Any]]()
        while True:
            sent = {"after": events[-1]["seq"] if events else 0, "limit": 1000}
            page = await self.ask("GET", path, params=sent)
            events += page["items"]
            if not page["more"]:
                return events

    async def approve(self, run_id: str) -> None:
        """Decide the open question of a run."""
        async with asyncio.timeout(SECONDS):
            while True:
                page = await self.ask("GET", "/approvals", params={"limit": 200})
                if found := [a for a in page["items"] if a["run_id"] == run_id]:
                    break
                await asyncio.sleep(0.1)
        answer = {"verdict": "approved", "arguments_hash": found[0]["arguments_hash"]}
        path = f"/approvals/{found[0]['id']}/decision"
        try:
            await self.ask("POST", path, json=answer)
        except AssertionError:  # decided, but the answer was lost with the web process
            decided = await self.ask("GET", f"/approvals/{found[0]['id']}")
            assert decided["status"] == "approved", decided


@asynccontextmanager
async def program(instance: Instance) -> AsyncIterator[Program]:
    """The first owner joins by the link, and makes a key for a program; what it opened is closed however the test ends."""
    owner = {
        "token": instance.owner_link.rsplit("/", 1)[-1],
        "name": "Ada",
        "email": "ada@example.com",
        "password": "correct horse battery staple",
    }
    page = {"origin": instance.url, "sec-fetch-site": "same-origin"}
    async with httpx2.AsyncClient(base_url=instance.url, headers=page, timeout=120) as browser:
        joined = await browser.post("/api/v1/session/joined", json=owner)
        assert joined.status_code == 201, joined.text
    made = await asyncio.to_thread(instance.quadrille, "keys", "create", "chaos")
    caller = Program(instance, made.stdout.strip())
    async with caller.http:
        yield caller


def check_history(run: dict[str, Any], events: list[dict[str, Any]]) -> None:
    """I5 and P3 as the API shows them: numbers without a hole, one end, nothing shown finished begins again."""
    assert [e["seq"] for e in events] == list(range(1, run["last_seq"] + 1)), run["id"]
    ends = [e["kind"] for e in events if e["kind"] in {f"run.{status}" for status in TERMINAL}]
    assert ends == [f"run.{run['status']}"], run["id"]
    assert events[-1]["kind"] == ends[0], run["id"]
    done: set[tuple[Any, Any, Any]] = set()
    for event in events:
        step = (event["node_id"], event["path"], event["visit"])
        if event["kind"] == "step.started":
            assert step not in done, f"{run['id']}: {step} was shown finished and ran again"
        if event["kind"] == "step.succeeded":
            done.add(step)
