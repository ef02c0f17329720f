"""The API as a process that can be killed: `python -m tests.chaos.web PORT [at-the-failpoint]`."""

import asyncio
import os
import signal
import sys

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from backend.runs import hub, wake
from tests.chaos.built import API


async def _die(run_id: str) -> None:
    """Between the commit and the message: as `kill -9` at the worst moment."""
    os.kill(os.getpid(), signal.SIGKILL)
    await asyncio.sleep(60)
    raise AssertionError(run_id)


async def main(port: int, *, dies: bool) -> None:
    """Serve until killed."""
    if dies:
        wake.offer = _die
    quiet = LogLevels.critical
    async with hub.serving():
        await Server(API, port=port, interface=Interfaces.ASGINL, log_level=quiet).serve()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), dies="at-the-failpoint" in sys.argv))
