"""Who of a team is asked: found by address, by role, or by what others passed on."""

from collections.abc import Sequence

from backend.approvals import asking, repository
from backend.approvals.models import Approval
from backend.core.db import Session
from backend.core.errors import Invalid, Problem
from backend.identity.models import Account
from backend.identity.permissions import Role, known, permitted

Person = tuple[Account, tuple[Role, ...]]


async def of_team(session: Session, team_id: str) -> list[Person]:
    """Everybody, with their roles."""
    return [(account, known(member.roles)) for member, account in await repository.people(session, team_id)]


async def named(session: Session, team_id: str, addresses: Sequence[str], needed: int) -> list[str]:
    """The accounts with these addresses; raises Invalid for one who may not decide, since the run would wait for nobody."""
    if not addresses:
        return []
    by_address = {
        account.email.lower(): (account, roles) for account, roles in await of_team(session, team_id)
    }
    found: list[str] = []
    for address in addresses:
        person = by_address.get(address.lower())
        if person is None:
            raise _wrong(f"Nobody of the team has the address {address}.")
        if not permitted(person[1], "approval.decide"):
            raise _wrong(f"{person[0].name} may not decide.", "Give them the role approver.")
        found.append(person[0].id)
    if len(found) < needed:
        raise _wrong(f"{needed} approvals are needed, but only {len(found)} members are named.")
    return found


async def deciders(session: Session, approval: Approval) -> list[Account]:
    """Everybody who may decide a question now."""
    return [
        account
        for account, roles in await of_team(session, approval.team_id)
        if permitted(roles, "approval.decide")
        and asking.is_asked(account.id, roles, approval)
        and not (approval.exclude_requester and account.id == approval.requested_by)
    ]


async def one(session: Session, team_id: str, account_id: str) -> Person:
    """A member; raises Invalid where it is none."""
    for person in await of_team(session, team_id):
        if person[0].id == account_id:
            return person
    problem = Problem("This is no member of your team.", "to", "Choose one of GET /api/v1/members.")
    raise Invalid(problem.message, problems=[problem])


def _wrong(message: str, fix: str = "Correct “Only these members” of the node.") -> Invalid:
    return Invalid(message, fix=fix, problems=[Problem(message, "members", fix)])
