"""The end of a process that was told to end and does not: by a thread of its own, whatever the event loop waits for."""

import faulthandler
import os
import sys
import threading

TRY_AGAIN = 75
"""The exit status that asks for a new process (EX_TEMPFAIL)."""


def end_within(seconds: float) -> None:
    """Let this process live no longer than that. Nothing is lost: what it held goes on elsewhere, as after its death."""
    timer = threading.Timer(seconds, _end, [seconds])
    timer.daemon = True
    timer.start()


def _end(seconds: float) -> None:
    sys.stderr.write(f"told to end, and still here after {seconds:.0f} s; where its threads are:\n")
    faulthandler.dump_traceback(sys.stderr)
    os._exit(TRY_AGAIN)
