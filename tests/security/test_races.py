"""Two at once where only one may win, or where both mean the same."""

import asyncio

import pytest

from backend.core import db
from backend.identity import joining, linking, repository
from backend.identity.models import Account, Member
from backend.identity.oidc import Person
from backend.identity.oidc_http import ProviderProblem
from backend.identity.providers import Provider
from tests.backend.identity import people

pytestmark = pytest.mark.db
PROVIDER = Provider(
    issuer="https://login.example",
    client_id="quadrille",
    client_secret="s",  # noqa: S106 - nobody has it
    name="",
    algorithms=("RS256",),
    domains=frozenset({"example.org"}),
)
GRACE = Person(
    issuer="https://login.example", subject="42", email="grace@example.org", email_verified=True, name="Grace"
)


async def sign_in(invitation: str = "") -> tuple[Account, Member]:
    async with db.database().transaction() as session:
        return await linking.member_for(session, PROVIDER, GRACE, invitation=invitation)


async def test_one_person_who_signs_in_for_the_first_time_in_many_tabs_is_one(database: db.Database) -> None:
    await people.team()
    came = await asyncio.gather(*(sign_in() for _ in range(8)))
    assert len({account.id for account, _ in came}) == 1
    assert len({member.id for _, member in came}) == 1


async def test_an_invitation_opened_by_one_person_in_many_tabs_lets_them_in_once(
    database: db.Database,
) -> None:
    ada = await people.person(await people.team(), "owner")
    async with db.database().transaction() as session:
        _, url = await joining.invite(session, ada.by, roles=("editor",))
    token = url.rpartition("/")[2]
    came = await asyncio.gather(*(sign_in(token) for _ in range(8)), return_exceptions=True)
    assert {type(c) for c in came} <= {tuple, ProviderProblem}
    assert len({c[0].id for c in came if isinstance(c, tuple)}) == 1
    async with db.database().reading() as session:
        assert len(await repository.members(session, ada.by.team_id)) == 2
