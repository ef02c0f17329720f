"""The ids by which people know agents: AGENT-YYYYMMDD-HHMMSS-NNNN-XXXX, which sort by the second they were made in."""

import secrets
from datetime import datetime

PREFIX = "AGENT-"
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none looks like another


def new(at: datetime, number: int) -> str:
    """The id of the team's so many-th agent, made at that moment in UTC."""
    drawn = "".join(secrets.choice(_LETTERS) for _ in range(4))
    return f"{PREFIX}{at:%Y%m%d-%H%M%S}-{number % 10_000:04d}-{drawn}"
