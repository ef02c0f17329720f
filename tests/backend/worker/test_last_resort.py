"""A process that was told to end ends, whatever it is doing, and says where it was."""

import subprocess
import sys

from backend.worker import last_resort

_HANGS = """
import threading
from backend.worker import last_resort
last_resort.end_within(0.05)
def held_up(): threading.Event().wait()
held_up()
"""


def test_who_hangs_ends_with_the_status_that_asks_for_a_new_process() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _HANGS], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == last_resort.TRY_AGAIN
    assert "still here" in ended.stderr
    assert "in held_up" in ended.stderr


def test_who_is_done_in_time_is_not_held_up() -> None:
    source = "from backend.worker import last_resort\nlast_resort.end_within(600)"
    assert subprocess.run([sys.executable, "-c", source], timeout=60, check=False).returncode == 0
