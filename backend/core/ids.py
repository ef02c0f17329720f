"""Ids that sort by the time they were made: `run_0193c1a4f0b7…`, a prefix and a UUID of version 7."""

import secrets
import time
from typing import Literal

Prefix = Literal[
    "team", "acct", "mem", "ses", "inv", "key", "view", "idn", "aud", "sec",
    "wf", "ver", "run", "apr", "dec", "wkr", "col", "doc", "psg", "cmt", "evt", "sig", "dl", "ntf", "out", "alr", "adp", "note", "vote", "view", "tsrv", "plan", "evs", "evc", "evl", "trg",
]  # fmt: skip


def new(prefix: Prefix) -> str:
    """A new id, 12 time digits and 20 random ones after the prefix (RFC 9562, section 5.7, without dashes)."""
    millis = time.time_ns() // 1_000_000
    rand = secrets.randbits(74)
    value = (millis << 80) | (0x7 << 76) | ((rand >> 62) << 64) | (0b10 << 62) | (rand & ((1 << 62) - 1))
    return f"{prefix}_{value:032x}"
