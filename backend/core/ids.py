"""Ids that sort in the order they were made: `run_0193c1a4f0b7…`, a prefix and a UUID of version 7."""

import secrets
import threading
import time
from typing import Literal

Prefix = Literal[
    "team", "acct", "mem", "ses", "inv", "key", "view", "idn", "aud", "sec",
    "wf", "ver", "run", "apr", "dec", "wkr", "col", "doc", "psg", "cmt", "evt", "sig", "dl", "ntf", "out", "alr", "adp", "note", "vote", "view", "tsrv", "plan", "evs", "evc", "evl", "trg",
]  # fmt: skip


_RANDOM, _STEP = 74, 40
"""How many random bits are below the milliseconds; how many decide by how much an id exceeds the one before."""

_last = 0
_making = threading.Lock()


def new(prefix: Prefix) -> str:
    """A new id, 12 time digits and 20 random ones after the prefix (RFC 9562, section 5.7, without dashes).

    It is greater than every one that this process made before, also in the same millisecond or when the clock was
    set back (section 6.2, method 2): rows made one after the other are read in that order.
    """
    millis, rand = divmod(_next(), 1 << _RANDOM)
    value = (millis << 80) | (0x7 << 76) | ((rand >> 62) << 64) | (0b10 << 62) | (rand & ((1 << 62) - 1))
    return f"{prefix}_{value:032x}"


def _next() -> int:
    """Milliseconds since 1970 and random bits below them."""
    global _last
    fresh = (time.time_ns() // 1_000_000 << _RANDOM) | secrets.randbits(_RANDOM)
    with _making:
        _last = max(fresh, _last + 1 + secrets.randbits(_STEP))
        return _last
