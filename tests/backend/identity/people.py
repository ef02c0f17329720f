"""Makes teams, people and signed-in clients for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx2
from fastapi import FastAPI

from backend.core import clock, db, ids
from backend.core.settings import settings
from backend.identity import cookies, repository, sessions, tokens
from backend.identity.models import Account, Member, Team
from backend.identity.permissions import Role
from backend.identity.principal import Principal


@dataclass(frozen=True)
class Person:
    """A member of a team, and how services see them."""

    by: Principal
    email: str
    member_id: str


async def team(name: str = "Ada's team") -> str:
    """A new, empty team; its id."""
    async with db.database().transaction() as session:
        row = Team(id=ids.new("team"), name=name, created_at=clock.now())
        session.add(row)
    return row.id


async def person(
    team_id: str, *roles: Role, name: str = "Ada", email: str = "", password_hash: str | None = None
) -> Person:
    """A member of a team with these roles."""
    account_id, member_id = ids.new("acct"), ids.new("mem")
    email = email or f"{account_id}@example.com"
    async with db.database().transaction() as session:
        account = Account(
            id=account_id,
            team_id=team_id,
            email=email,
            name=name,
            password_hash=password_hash,
            created_at=clock.now(),
        )
        session.add(account)
        await session.flush()
        session.add(
            Member(
                id=member_id,
                team_id=team_id,
                account_id=account_id,
                roles=list(roles),
                created_at=clock.now(),
            )
        )
    by = Principal(team_id, account_id, name, roles, via="session", credential_id="")
    return Person(by, email, member_id)


async def change_roles(someone: Person, *roles: Role) -> None:
    """Give a member other roles behind every service's back."""
    async with db.database().transaction() as session:
        rows = await repository.member(session, someone.by.team_id, someone.member_id)
        assert rows is not None
        rows[0].roles = list(roles)
        session.add(rows[0])


async def session_token(someone: Person) -> str:
    """Sign a person in; the token that their browser would hold."""
    async with db.database().transaction() as session:
        return await sessions.begin(
            session, account_id=someone.by.account_id, team_id=someone.by.team_id, user_agent="tests"
        )


@asynccontextmanager
async def browser(app: FastAPI, token: str = "") -> AsyncIterator[httpx2.AsyncClient]:
    """A client that sends what a page of ours would send."""
    url = settings().resolved_public_url()
    headers = {"origin": url, "sec-fetch-site": "same-origin"}
    if token:
        headers["x-csrf"] = tokens.csrf_of(token)
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=url, headers=headers) as client:
        if token:
            client.cookies.set(cookies.session_name(), token, domain="127.0.0.1", path="/")
        yield client


@asynccontextmanager
async def program(app: FastAPI, key: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A client with an API key and nothing else."""
    url = settings().resolved_public_url()
    headers = {"authorization": f"Bearer {key}"}
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url=url, headers=headers) as client:
        yield client
