"""Who acts for people with access to the server's own database: the team's first owner."""

from backend.core.db import Session
from backend.identity import repository
from backend.identity.permissions import known
from backend.identity.principal import Principal


async def owner(session: Session) -> Principal | None:
    """The first team's owner, or None while nobody has used the one-time link."""
    team = await repository.first_team(session)
    for member, account in await repository.members(session, team.id) if team else []:
        if "owner" in member.roles:
            return Principal(member.team_id, account.id, account.name, known(member.roles), "system")
    return None
