"""Processes forked from one that has imported everything, so that a start does not take the seconds of its imports.

`start` and `run` are `python -m MODULE …`, for tests. `python -m tests.forks` is the one that forks: it reads an order a
line, answers with a pid, and leaves the status of each process that has ended in a file. When it is let go of, it kills
what is left.
"""

import gc
import importlib
import importlib.util
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from tests.servers import ROOT

_PROVIDERS = ("backend.inference.chat_provider", "langchain_openai")
IMPORTED_LATE = {"backend.worker": _PROVIDERS, "tests.backend.runs.agent_victim": _PROVIDERS}
"""What a module imports only when it needs it, and which takes seconds."""


class Forked:
    """What tests use of `subprocess.Popen`, for a process that is another one's child."""

    def __init__(self, pid: int, status: Path) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._status = status

    def poll(self) -> int | None:
        """The status, once it has ended."""
        if self.returncode is None and self._status.exists():
            self.returncode = int(self._status.read_text())
        return self.returncode

    def wait(self, timeout: float = 60) -> int:
        """Its status, when it has ended."""
        deadline = time.monotonic() + timeout
        while (status := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            time.sleep(0.005)
        return status

    def send_signal(self, which: int) -> None:
        """Unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):  # ended, and its status is about to be written
                os.kill(self.pid, which)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """As the kernel would when memory is out."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """The process that forks, and its answers."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="quadrille-forks-")
        self._number = 0
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.forks", self._folder.name],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def fork(self, module: str, arguments: tuple[str, ...], files: Mapping[str, Path | str | None]) -> Forked:
        """One more process, with the environment of now."""
        assert self.process.stdin
        assert self.process.stdout
        self._number += 1
        status = Path(self._folder.name) / str(self._number)
        order = {"module": module, "argv": list(arguments), "status": str(status), "env": dict(os.environ)}
        order |= {name: str(path) if path else None for name, path in files.items()}
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()
        return Forked(int(self.process.stdout.readline()), status)

    def close(self) -> None:
        """Let go of it."""
        self.process.communicate(timeout=240)
        self._folder.cleanup()


@cache
def nursery() -> Nursery:
    """The one of this session, begun at first use."""
    return Nursery()


def end() -> None:
    """At the end of the session."""
    if nursery.cache_info().currsize:
        nursery().close()
        nursery.cache_clear()


def start(module: str, *arguments: str, output: Path, **variables: str) -> Forked:
    """`python -m MODULE …` with more of an environment; what it says goes to the end of a file."""
    return _with(variables, module, arguments, {"stdout": output, "stderr": output})


def run(module: str, *arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """The same to its end, with what it said."""
    with tempfile.TemporaryDirectory() as folder:
        given, out, err = (Path(folder) / name for name in ("stdin", "stdout", "stderr"))
        given.write_text(stdin, encoding="utf-8")
        forked = _with(variables, module, arguments, {"stdin": given, "stdout": out, "stderr": err})
        status = forked.wait(600)
        said = [path.read_text(encoding="utf-8") for path in (out, err)]
    return subprocess.CompletedProcess([module, *arguments], status, *said)


def _with(
    variables: Mapping[str, str],
    module: str,
    arguments: tuple[str, ...],
    files: Mapping[str, Path | str | None],
) -> Forked:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        return nursery().fork(module, arguments, files)
    finally:
        os.environ.clear()
        os.environ.update(before)


# --- the process that forks ---------------------------------------------------------------------------


class Server:
    """Reads orders and sees to the ends of its children."""

    def __init__(self) -> None:
        self.children: dict[int, str] = {}
        self.before = dict(os.environ)
        self._bell, ring = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        os.set_blocking(ring, False)
        signal.set_wakeup_fd(ring, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever tests ends it by letting go

    def serve(self) -> dict[str, Any] | None:
        """In the child: its order. In the parent: None, at the end."""
        rest = b""
        while True:
            ready, _, _ = select.select([0, self._bell], [], [])
            if self._bell in ready:
                os.read(self._bell, 4096)
                self._bury()
            if 0 not in ready:
                continue
            data = os.read(0, 1 << 16)
            if not data:
                return self._close()
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                if (order := self._fork(json.loads(line))) is not None:
                    return order

    def _fork(self, order: dict[str, Any]) -> dict[str, Any] | None:
        _import(order["module"])
        gc.freeze()
        pid = os.fork()
        if pid == 0:
            self._become(order)
            return order
        self.children[pid] = order["status"]
        os.write(1, f"{pid}\n".encode())
        return None

    def _become(self, order: dict[str, Any]) -> None:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        imports_set = {name: value for name, value in os.environ.items() if self.before.get(name) != value}
        os.environ.clear()
        os.environ.update(imports_set | order["env"])
        for number, name, flags in (
            (0, "stdin", os.O_RDONLY),
            (1, "stdout", os.O_WRONLY | os.O_CREAT | os.O_APPEND),
            (2, "stderr", os.O_WRONLY | os.O_CREAT | os.O_APPEND),
        ):
            file = os.open(order.get(name) or os.devnull, flags, 0o600)
            os.dup2(file, number)
            os.close(file)
        sys.argv = [order["module"], *order["argv"]]

    def _bury(self) -> None:
        """SIGCHLD is one bell for many ends."""
        for pid, status in list(self.children.items()):
            found, code = os.waitpid(pid, os.WNOHANG)
            if found:
                del self.children[pid]
                fresh = Path(f"{status}.new")
                fresh.write_text(str(os.waitstatus_to_exitcode(code)))
                fresh.rename(status)

    def _close(self) -> None:
        for pid in self.children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _import(module: str) -> None:
    """What the module imports is there before the fork; its own code then runs in the child alone."""
    importlib.import_module(_whole(module))
    for late in IMPORTED_LATE.get(module, ()):
        importlib.import_module(late)


@cache
def _whole(module: str) -> str:
    found = importlib.util.find_spec(module)
    assert found, module
    return f"{module}.__main__" if found.submodule_search_locations else module


if __name__ == "__main__":
    ordered = Server().serve()
    if ordered:
        sys.modules.pop(_whole(ordered["module"]), None)
        runpy.run_module(ordered["module"], run_name="__main__", alter_sys=True)
