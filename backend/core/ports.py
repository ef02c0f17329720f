"""A port for a server of ours that others find again by it."""

import secrets
import socket
from pathlib import Path

_LENT = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST_LENT, _WIDTH, _TRIES = 32_768, 16_000, 100


def free() -> int:
    """A free port of this machine that the kernel lends to no outgoing connection.

    While the server is away, such a connection would take the port that its clients know, be it their own: who dials a
    lent port on which nobody listens may reach itself. Where the kernel lends nearly all, one of those is given.
    """
    lowest = lowest_lent()
    for _ in range(_TRIES if lowest > _WIDTH + 1_024 else 0):
        port = lowest - 1 - secrets.randbelow(_WIDTH)
        if _is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def lowest_lent() -> int:
    """The first of the ports that the kernel lends to outgoing connections; Linux tells it."""
    try:
        return int(_LENT.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return _LOWEST_LENT


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
