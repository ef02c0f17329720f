"""People: found by address, made when they join, signed in by password."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from backend.core import clock, ids
from backend.core.db import Session
from backend.core.errors import Invalid, NotFound, Problem, SignInNeeded
from backend.identity import audit, cookies, limiter, passwords, repository, sessions
from backend.identity.models import Account, Member
from backend.identity.permissions import Role, known
from backend.identity.principal import Principal

_EMAIL = re.compile(r"^[^@\s]{1,64}@[^@\s]{1,190}$")


class WrongSignIn(SignInNeeded):
    """Address or password are wrong; which of them is not told."""

    code, title = "wrong_sign_in", "Not signed in"


@dataclass(frozen=True)
class Browser:
    """What a browser says of itself, and the session it had before, which ends (rotation)."""

    user_agent: str
    replaces: str = ""

    @classmethod
    def of(cls, headers: Mapping[str, str], jar: Mapping[str, str]) -> "Browser":
        """Read a request's headers and cookies."""
        return cls(headers.get("user-agent", ""), cookies.session_token(jar))


@dataclass(frozen=True)
class SignedIn:
    """The outcome of a sign-in: the token for the cookie, and who that is."""

    token: str
    by: Principal


async def with_password(session: Session, *, email: str, password: str) -> tuple[Account, Member]:
    """The person with this address and password, and their first team. Only reads, as the check takes long."""
    address = normal(email)
    await limiter.require("account", address)
    account = await repository.account_by_email(session, address)
    right = await passwords.matches(account.password_hash if account else None, password)
    members = await repository.memberships(session, account.id) if account else []
    if account is None or not right or not members:
        raise WrongSignIn("The e-mail address or the password is wrong.", fix="Check both and try again.")
    return account, members[0]


async def keep_shortcuts(session: Session, by: Principal, shortcuts: dict[str, list[str]]) -> None:
    """Remember a person's own keys; they go with the person from browser to browser."""
    account = await repository.account(session, by.account_id)
    if account is not None:
        account.shortcuts = shortcuts
        session.add(account)


async def let_in(
    session: Session, account: Account, member: Member, *, browser: Browser, how: str
) -> SignedIn:
    """Begin a session for a person who has proven who they are."""
    token = await sessions.begin(
        session,
        account_id=account.id,
        team_id=member.team_id,
        user_agent=browser.user_agent,
        replaces=browser.replaces,
    )
    by = as_principal(account, member)
    await audit.record(session, by, "session.begun", account.id, {"how": how})
    return SignedIn(token, by)


async def sign_out(session: Session, by: Principal) -> None:
    """End the session that the caller speaks through."""
    await audit.record(session, by, "session.ended", by.account_id)
    await sessions.end_own(session, by, by.credential_id)


def new(*, team_id: str, email: str, name: str, password_hash: str | None) -> Account:
    """A person as a row that is not stored yet; raises Invalid for an impossible name or address."""
    address, shown = normal(email), " ".join(unicodedata.normalize("NFC", name).split())
    problems: list[Problem] = []
    if not is_address(address):
        problems.append(Problem("This is not an e-mail address.", "email", "Write it as name@example.org."))
    if not 1 <= len(shown) <= 80 or any(unicodedata.category(letter) == "Cc" for letter in shown):
        problems.append(Problem("A name has 1 to 80 characters.", "name", "Write how others call you."))
    if problems:
        raise Invalid(problems[0].message, problems=problems)
    return Account(
        id=ids.new("acct"),
        team_id=team_id,
        email=address,
        name=shown,
        password_hash=password_hash,
        created_at=clock.now(),
    )


def membership(account: Account, team_id: str, roles: tuple[Role, ...] | list[str]) -> Member:
    """A person's place in a team as a row that is not stored yet."""
    return Member(
        id=ids.new("mem"),
        team_id=team_id,
        account_id=account.id,
        roles=list(roles),
        created_at=clock.now(),
    )


def as_principal(account: Account, member: Member) -> Principal:
    """How services see a person in a team who has just proven who they are."""
    return Principal(
        member.team_id, account.id, account.name, known(member.roles), via="session", credential_id=""
    )


async def principal_of(session: Session, team_id: str, account_id: str) -> Principal | None:
    """A member with the roles of this moment, for what is done in their name; None where they are no member."""
    account = await session.get(Account, account_id)
    members = await repository.memberships(session, account_id) if account else []
    member = next((one for one in members if one.team_id == team_id), None)
    if account is None or member is None:
        return None
    return Principal(team_id, account_id, account.name, known(member.roles), via="system")


async def principal_of_email(session: Session, email: str) -> Principal:
    """A member by address, for commands that an operator runs on the server itself."""
    account = await repository.account_by_email(session, normal(email))
    members = await repository.memberships(session, account.id) if account else []
    if account is None or not members:
        raise NotFound(f"Nobody here has the address {email}.")
    person = as_principal(account, members[0])
    return Principal(person.team_id, person.account_id, person.name, person.roles, via="system")


def is_address(email: str) -> bool:
    """True for what can be an e-mail address."""
    return bool(_EMAIL.match(normal(email))) and email.isprintable()


def normal(email: str) -> str:
    """An address as it is stored and compared: composed, trimmed, in lower case."""
    return unicodedata.normalize("NFC", email).strip().lower()
