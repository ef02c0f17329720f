"""Whose account a person from an OpenID provider is: found by issuer and subject, linked or made under rules (A3.2)."""

from sqlalchemy.exc import IntegrityError

from backend.core import clock, ids
from backend.core.db import Session
from backend.identity import accounts, audit, joining, repository
from backend.identity.models import Account, Invitation, LinkedIdentity, Member, Team
from backend.identity.oidc import Person
from backend.identity.oidc_http import ProviderProblem
from backend.identity.permissions import Role
from backend.identity.providers import Provider

# What members get who join because their address is of an allowed domain; an admin raises it by hand.
_FIRST_ROLES: tuple[Role, ...] = ("viewer",)


async def member_for(
    session: Session, provider: Provider, person: Person, *, invitation: str
) -> tuple[Account, Member]:
    """The account and team to sign in to; raises ProviderProblem when nobody lets this person in."""
    try:
        async with session.begin_nested():
            return await _member_for(session, provider, person, invitation)
    except (IntegrityError, joining.LinkUseless):
        # The same person came in by another tab at this moment; PostgreSQL let us wait for its commit.
        return await _member_for(session, provider, person, invitation)


async def _member_for(
    session: Session, provider: Provider, person: Person, invitation: str
) -> tuple[Account, Member]:
    linked = await repository.identity(session, person.issuer, person.subject)
    if linked is not None:
        return await _known(session, linked, invitation)
    trusted = person.email_verified and _domain(person.email) in provider.domains
    existing = (
        await repository.account_by_email(session, accounts.normal(person.email)) if person.email else None
    )
    if existing is not None and not trusted:
        raise ProviderProblem("an account with this address exists already", problem="email_taken")
    if invitation:
        offer = await _offer(session, invitation)
        account = existing or _new_account(person, offer.team_id)
        member = await _joined(session, offer, account)
    elif trusted:
        account, member = await _by_domain(session, person, existing)
    else:
        raise ProviderProblem("nobody invited this person", problem="not_invited")
    await _link(session, person, account, member)
    return account, member


async def _known(session: Session, linked: LinkedIdentity, invitation: str) -> tuple[Account, Member]:
    account = await repository.account(session, linked.account_id)
    members = await repository.memberships(session, linked.account_id)
    if account is None or not (members or invitation):
        raise ProviderProblem("this person is in no team any more", problem="not_invited")
    if invitation:
        return account, await _joined(session, await _offer(session, invitation), account)
    return account, members[0]


async def _joined(session: Session, offer: Invitation, account: Account) -> Member:
    """An account that is linked by its address may be in that team already; the link stays unspent then."""
    for member in await repository.memberships(session, account.id):
        if member.team_id == offer.team_id:
            return member
    return await joining.enter(session, offer, account)


async def _by_domain(session: Session, person: Person, existing: Account | None) -> tuple[Account, Member]:
    if existing is not None:
        members = await repository.memberships(session, existing.id)
        if members:
            return existing, members[0]
    team: Team | None = await repository.first_team(session)
    if team is None:
        raise ProviderProblem("there is no team yet", problem="not_invited")
    account = existing or _new_account(person, team.id)
    session.add(account)
    await session.flush()
    member = accounts.membership(account, team.id, _FIRST_ROLES)
    session.add(member)
    await session.flush()
    by = accounts.as_principal(account, member)
    await audit.record(session, by, "member.joined", member.id, {"roles": list(_FIRST_ROLES), "by": "domain"})
    return account, member


async def _offer(session: Session, invitation: str) -> Invitation:
    try:
        return await joining.by_token(session, invitation)
    except joining.LinkUseless as error:
        raise ProviderProblem(error.message, problem="link_useless") from None


async def _link(session: Session, person: Person, account: Account, member: Member) -> None:
    row = LinkedIdentity(
        id=ids.new("idn"),
        team_id=member.team_id,
        account_id=account.id,
        issuer=person.issuer,
        subject=person.subject,
        created_at=clock.now(),
    )
    session.add(row)
    await session.flush()
    by = accounts.as_principal(account, member)
    await audit.record(session, by, "identity.linked", row.id, {"issuer": person.issuer})


def _new_account(person: Person, team_id: str) -> Account:
    """Not every provider tells an address; the account gets one that nobody can have."""
    email = person.email or f"{ids.new('idn')}@no-address.invalid"
    name = person.name.strip() or email.partition("@")[0]
    return accounts.new(team_id=team_id, email=email, name=name[:80], password_hash=None)


def _domain(email: str) -> str:
    return accounts.normal(email).rpartition("@")[2]
