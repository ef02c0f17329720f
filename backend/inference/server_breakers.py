"""Servers that steps ask over HTTP and that are left alone, each known by its host and port, in each team for itself."""

from backend.inference import breakers
from backend.inference.breakers import Breaker


def key(team_id: str, server: str) -> str:
    """Under which its breaker is kept."""
    return f"{team_id}:{_name(server)}"


async def opened(team_id: str, server: str, seconds: float) -> None:
    """It is in the list for so long at most."""
    await breakers.store().put(_listed(team_id), {server: "1"}, seconds)


async def closed(team_id: str, server: str) -> None:
    """It is in the list no longer."""
    await breakers.store().drop(_listed(team_id), server)


async def standing(team_id: str) -> dict[str, Breaker]:
    """Those that are open or half open, by their names; Redis may be away."""
    names = sorted(await breakers.store().read(_listed(team_id)))
    found = {name: await breakers.look(team_id, _name(name)) for name in names}
    return {name: one for name, one in found.items() if one.state != "closed"}


def _name(server: str) -> str:
    return f"server:{server}"


def _listed(team_id: str) -> str:
    return f"{team_id}:servers"
