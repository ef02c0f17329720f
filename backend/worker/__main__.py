"""The worker process: `python -m backend.worker [--runs] [--inference]`; without a flag it is both."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Collection
from functools import partial
from typing import Literal

from backend.core import log, safety
from backend.engine.tuning import tune_gc
from backend.worker import last_resort, play

Role = Literal["runs", "inference"]
BOTH: tuple[Role, ...] = ("runs", "inference")
_log = log.get(__name__)


async def main(roles: Collection[Role] = BOTH) -> None:
    """Work until SIGTERM or SIGINT, then bring what is under way to rest."""
    stop = asyncio.Event()
    for which in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(which, _told, stop)
    tune_gc()
    async with asyncio.TaskGroup() as tasks:
        if "runs" in roles:
            tasks.create_task(play.serve(stop, lost=partial(last_resort.end_within, play.LOST_SECONDS)))
        if "inference" in roles:
            # Loaded only by who asks for it: OpenVINO costs 100 MB, which a worker of runs alone does without.
            from backend.inference.serve import serve_inference

            tasks.create_task(serve_inference(stop))


def _told(stop: asyncio.Event) -> None:
    if not stop.is_set():
        stop.set()
        last_resort.end_within(play.STOP_SECONDS)


def work(roles: Collection[Role]) -> None:
    """Work in this process; exits with status 75 (try again) when the other workers declared it dead."""
    try:
        asyncio.run(main(roles))
    except* play.LeaseLost:
        _log.error("declared dead by the other workers; a new process has to take over")
        sys.exit(last_resort.TRY_AGAIN)


def run() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="quadrille worker", description=__doc__)
    parser.add_argument("--runs", action="store_true", help="play runs")
    parser.add_argument("--inference", action="store_true", help="answer for the embedded models")
    chosen = parser.parse_args()
    roles: list[Role] = [role for role in BOTH if getattr(chosen, role)]
    if unsafe := safety.fatal():
        parser.error(" ".join(f"{one.message} {one.fix}" for one in unsafe))
    log.configure()
    work(roles or BOTH)


if __name__ == "__main__":
    run()
