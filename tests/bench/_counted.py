"""CPU instructions of a stretch of this process: by `perf` where the machine counts them, else by valgrind's callgrind."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

Counter = tuple[str, list[str]]
_UNDER = "TESTS_BENCH_COUNTER"


def counter() -> Counter | None:
    """The counter that works here, with the words to put before a command that is to be counted."""
    if shutil.which("perf"):
        tried = subprocess.run(
            ["perf", "stat", "-x,", "-e", "instructions:u", "true"], capture_output=True, text=True
        )
        if re.match(r"\d+,", tried.stderr):
            return "perf stat", []
    if shutil.which("valgrind") and shutil.which("callgrind_control"):
        quiet = ["-q", "--callgrind-out-file=callgrind.%p"]
        return "valgrind", ["valgrind", "--tool=callgrind", "--instr-atstart=no", *quiet]
    return None


async def counted(chosen: Counter, module: str, folder: str) -> bytes:
    """What the module prints, run as a program of its own whose `Window`s count."""
    env = dict(os.environ) | {_UNDER: chosen[0], "PYTHONPATH": str(Path.cwd()), "PYTHONHASHSEED": "0"}
    command = [*chosen[1], sys.executable, "-m", module]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, env=env, cwd=folder)
    out, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    return out


class Window:
    """Counts between `open` and `close`."""

    def __init__(self) -> None:
        self._perf: subprocess.Popen[str] | None = None

    def open(self) -> None:
        """Begin to count."""
        if os.environ[_UNDER] == "valgrind":
            self._control("-i", "on")
            self._control("-z")
            return
        command = ["perf", "stat", "-x,", "-e", "instructions:u", "-p", str(os.getpid())]
        self._perf = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        os.sched_yield()

    def close(self) -> int:
        """The instructions since `open`."""
        if self._perf is not None:
            self._perf.send_signal(signal.SIGINT)
            return int(self._perf.communicate()[1].split(",")[0])
        self._control("-d")
        dump = max(Path.cwd().glob(f"callgrind.{os.getpid()}.*"), key=lambda p: int(p.suffix[1:]))
        found = re.search(r"^(?:totals|summary): (\d+)", dump.read_text(), re.MULTILINE)
        return int(found.group(1)) if found else 0

    def _control(self, *words: str) -> None:
        subprocess.run(["callgrind_control", *words, str(os.getpid())], check=True, capture_output=True)
