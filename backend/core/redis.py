"""One Redis client a process. Redis is disposable: whoever uses it must survive its loss."""

import os
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from redis.asyncio import Redis

from backend.core.errors import Problem
from backend.core.settings import settings

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", ""})


def url() -> str:
    """The address to use: the setting, else what the embedded server wrote into the data folder."""
    configured = settings().redis_url.get_secret_value()
    if configured:
        return configured
    written = address_file()
    if written.exists():
        return written.read_text().strip()
    return "redis://127.0.0.1:6379/0"


def address_file() -> Path:
    """Where the embedded server leaves its address, password included; readable by the owner only."""
    return settings().data_dir / "redis" / "address"


def write_address(address: str) -> None:
    """Leave the address for the other processes of this data folder."""
    write_private(address_file(), address + "\n")


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


def unsafe_settings() -> list[Problem]:
    """What is dangerous about the configured Redis (SEC-31); `doctor` reports it and a start refuses it."""
    address = urlsplit(settings().redis_url.get_secret_value())
    local = address.scheme == "unix" or (address.hostname or "") in _LOOPBACK
    if local or address.password:
        return []
    return [
        Problem(
            f"The Redis at {address.hostname} is reached over the network without a password.",
            place="QUADRILLE_REDIS_URL",
            fix="Set `requirepass` there and write redis://:PASSWORD@HOST:PORT/0 (or rediss:// for TLS).",
            code="open_redis",
        )
    ]


@lru_cache
def client() -> Redis:
    """The shared client; answers are bytes."""
    return Redis.from_url(url(), health_check_interval=15, socket_connect_timeout=5)  # pyright: ignore[reportUnknownMemberType]
