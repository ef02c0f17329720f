"""Settings that no process of the product starts with: one list for every entry point and for the doctor."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from backend.core import redis
from backend.core.errors import Invalid, Problem
from backend.core.settings import settings


class UnsafeSettings(Invalid):
    """The settings would put the installation at risk, so nothing is started."""

    code, title = "unsafe_settings", "Unsafe settings"


def require() -> None:
    """Raise UnsafeSettings with everything that is fatally wrong at once."""
    if found := fatal():
        count = "1 setting" if len(found) == 1 else f"{len(found)} settings"
        raise UnsafeSettings(f"Quadrille does not start with {count} like this.", problems=found)


def fatal() -> list[Problem]:
    """What a start refuses (SEC-31 and its kin), each with its variable and its fix."""
    return [*redis.unsafe_settings(), *_development_in_public(), *_public_url()]


def is_loopback(host: str) -> bool:
    """True for addresses that only this machine reaches."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _development_in_public() -> list[Problem]:
    """`dev` lets cookies travel over plain HTTP and reloads code: on one's own machine only."""
    if settings().env != "dev" or is_loopback(settings().host):
        return []
    return [
        Problem(
            f"QUADRILLE_ENV=dev listens on {settings().host}, where others reach it.",
            place="QUADRILLE_ENV",
            fix="Set QUADRILLE_ENV=prod, or QUADRILLE_HOST=127.0.0.1.",
            code="dev_in_public",
        )
    ]


def _public_url() -> list[Problem]:
    given = settings().public_url
    fix = "Write the whole address that people type, for example https://quadrille.example."
    if not given or (reason := _wrong_with(given)) is None:
        return []
    return [Problem(reason, place="QUADRILLE_PUBLIC_URL", fix=fix, code="public_url")]


def _wrong_with(address: str) -> str | None:
    try:
        parts = urlsplit(address)
        _ = parts.port  # read, since only this tells a wrong one
    except ValueError as error:
        return f"{address!r} is no address: {error}."
    if parts.username or parts.password:
        return "A public address holds no user or password: everybody sees it."
    wrong = (
        (
            parts.scheme not in {"http", "https"} or not parts.hostname,
            "does not begin with http:// or https:// and a host",
        ),
        (
            parts.path.strip("/") or parts.query or parts.fragment,
            "has a path: Quadrille needs a host of its own",
        ),
    )
    return next((f"{address!r} {words}." for is_so, words in wrong if is_so), None)
