"""A worker of runs that dies at a named place: `python -m tests.chaos.failing PLACE`, or `-` for one that lives."""

import os
import sys
import traceback

from backend.core import failpoints, log
from backend.worker import __main__ as worker

if __name__ == "__main__":
    log.configure()
    if sys.argv[1] != "-":
        failpoints.arm(sys.argv[1])  # pyright: ignore[reportArgumentType] - the test's own list
    try:
        worker.work(["runs"])
    except Exception:  # noqa: BLE001 - whatever it is, the process ends as after an error
        traceback.print_exc()
        os._exit(1)
