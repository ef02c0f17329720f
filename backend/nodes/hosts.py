"""Which hosts the tools of a node reach: those that it names, with what is below them."""

from urllib.parse import urlsplit

from backend.nodes.tool import Refused

ANY = "*"


def require_host(url: str, hosts: tuple[str, ...]) -> None:
    """Raise Refused unless the address is at one of the hosts."""
    try:
        host = (urlsplit(url).hostname or "").lower()
    except ValueError:
        host = ""
    named = [one.lower() for one in hosts]
    if ANY not in named and not any(host == one or host.endswith("." + one) for one in named if one):
        raise Refused(f"“{host}” may not be reached; allowed are: {', '.join(hosts) or 'no hosts'}.")
