"""Secrets that nodes use by name: sealed for their team, name and version, and never shown again."""

import re

from backend.core import clock, crypto, ids
from backend.core.db import Session
from backend.core.errors import Invalid, NotFound, Problem
from backend.identity import audit, repository
from backend.identity.models import Secret
from backend.identity.principal import Principal

_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")
_LARGEST = 64 * 1024


class SecretMissing(NotFound):
    """A workflow names a secret that its team does not have."""

    code, title = "secret_missing", "Secret missing"


async def put(session: Session, by: Principal, name: str, value: str) -> Secret:
    """Store a secret, or replace its value."""
    by.require("secret.manage")
    _check(name, value)
    row = await repository.secret(session, by.team_id, name)
    created = row is None
    if row is None:
        row = Secret(
            id=ids.new("sec"),
            team_id=by.team_id,
            name=name,
            version=0,
            key_id="",
            sealed=b"",
            updated_at=clock.now(),
            updated_by=by.account_id,
        )
    row.version += 1
    row.updated_at, row.updated_by = clock.now(), by.account_id
    _seal(row, value.encode())
    session.add(row)
    await session.flush()
    action = "secret.created" if created else "secret.replaced"
    await audit.record(session, by, action, row.id, {"name": name, "version": row.version})
    return row


async def list_(session: Session, by: Principal) -> list[Secret]:
    """The team's secrets by name; their values stay sealed."""
    by.require("secret.use")
    return await repository.secrets(session, by.team_id)


async def names(session: Session, by: Principal) -> frozenset[str]:
    """What the team's secrets are called: who may read workflows sees there which they use."""
    by.require("workflow.read")
    return frozenset(row.name for row in await repository.secrets(session, by.team_id))


async def delete(session: Session, by: Principal, name: str) -> None:
    """Forget a secret."""
    by.require("secret.manage")
    row = await repository.secret(session, by.team_id, name)
    if row is None:
        raise NotFound(f"There is no secret named “{name}”.")
    await session.delete(row)
    await audit.record(session, by, "secret.deleted", row.id, {"name": name})


async def reveal(session: Session, team_id: str, name: str) -> str:
    """The value, for the worker that plays a step of this team, and for a look at one of its tool servers; no edge ever shows it."""
    row = await repository.secret(session, team_id, name)
    if row is None:
        raise SecretMissing(
            f"There is no secret named “{name}”.", fix="Add it in Settings, or name another one in the node."
        )
    return crypto.key_ring().open(crypto.Sealed(row.key_id, row.sealed), _place(row)).decode()


async def reseal(session: Session) -> int:
    """After a new key came to the head of the ring: seal all that older keys sealed anew; how many that were."""
    ring, count = crypto.key_ring(), 0
    for row in await repository.secrets_not_sealed_by(session, ring.current):
        _seal(row, ring.open(crypto.Sealed(row.key_id, row.sealed), _place(row)))
        session.add(row)
        count += 1
    await session.flush()
    return count


def _seal(row: Secret, plain: bytes) -> None:
    sealed = crypto.key_ring().seal(plain, _place(row))
    row.key_id, row.sealed = sealed.key_id, sealed.data


def _place(row: Secret) -> str:
    """A value moved to another team, name or version does not open."""
    return f"secret|{row.team_id}|{row.name}|{row.version}"


def _check(name: str, value: str) -> None:
    problems: list[Problem] = []
    if not _NAME.match(name):
        fix = "Use up to 64 letters, digits, - and _, beginning with a letter."
        problems.append(Problem("This is not a name for a secret.", "name", fix))
    if not value or "\0" in value:
        problems.append(Problem("A secret cannot be empty or hold NUL.", "value", "Paste the value."))
    if len(value.encode(errors="replace")) > _LARGEST:
        problems.append(Problem("A secret may have at most 64 KiB.", "value", "Store a shorter value."))
    if problems:
        raise Invalid(problems[0].message, problems=problems)
