"""Worker processes that die at a named place: `python -m tests.chaos.failing` forks one for each line that it reads.

A line is a place, or `-` for a worker that does not die by itself. It answers with the child's pid, and when the child
has ended with its status. Forking spares each child the second that its imports take.
"""

import os
import sys
import traceback

from backend.core import failpoints, log
from backend.worker import __main__ as worker


def child(place: str) -> None:
    log.configure()
    if place != "-":
        failpoints.arm(place)  # pyright: ignore[reportArgumentType] - the test's own list
    try:
        worker.work(["runs"])
    except BaseException:  # noqa: BLE001 - nothing may return into the parent's loop
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            child(line.strip())
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
