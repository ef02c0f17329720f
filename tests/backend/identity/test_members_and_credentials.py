"""Rules about owners, keys, secrets and the audit trail."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlmodel import col, delete, select, update

from backend.core import clock, crypto, db
from backend.core.errors import Conflict, Invalid, NotAllowed
from backend.identity import audit, keys, members, repository, secrets
from backend.identity.models import ApiKey, AuditEntry, Secret
from tests import conftest
from tests.backend.identity import people


class TestMembers:
    async def test_a_team_keeps_its_last_owner(self, database: db.Database) -> None:
        ada = await people.person(await people.team(), "owner")
        for attempt in (
            lambda s: members.remove(s, ada.by, ada.member_id),
            lambda s: members.change_roles(s, ada.by, ada.member_id, ("admin",)),
        ):
            with pytest.raises(Conflict, match="at least one owner"):
                async with db.database().transaction() as session:
                    await attempt(session)
        async with db.database().reading() as session:
            assert [one.roles for one in await members.list_(session, ada.by)] == [("owner",)]

    async def test_an_admin_cannot_touch_an_owner_nor_become_one(self, database: db.Database) -> None:
        team = await people.team()
        owner, admin = await people.person(team, "owner"), await people.person(team, "admin")
        await people.person(team, "owner")
        async with db.database().transaction() as session:
            with pytest.raises(NotAllowed):
                await members.remove(session, admin.by, owner.member_id)
            with pytest.raises(NotAllowed):
                await members.change_roles(session, admin.by, owner.member_id, ("viewer",))
            with pytest.raises(NotAllowed):
                await members.change_roles(session, admin.by, admin.member_id, ("owner",))

    async def test_who_leaves_is_signed_out_and_their_keys_die(self, api: FastAPI) -> None:
        team = await people.team()
        owner, ada = await people.person(team, "owner"), await people.person(team, "operator")
        token = await people.session_token(ada)
        async with db.database().transaction() as session:
            _, key = await keys.create(session, ada.by, name="ci", roles=("operator",))
            await members.remove(session, owner.by, ada.member_id)
        async with people.browser(api, token) as client:
            assert (await client.get("/api/v1/me")).status_code == 401
        async with people.program(api, key) as client:
            assert (await client.get("/api/v1/me")).status_code == 401

    async def test_anybody_may_leave_by_themselves(self, database: db.Database) -> None:
        team = await people.team()
        owner, ada = await people.person(team, "owner"), await people.person(team, "viewer")
        async with db.database().transaction() as session:
            await members.remove(session, ada.by, ada.member_id)
        async with db.database().reading() as session:
            assert len(await members.list_(session, owner.by)) == 1


class TestKeys:
    async def test_cannot_exceed_their_maker_or_a_year(self, database: db.Database) -> None:
        ada = await people.person(await people.team(), "editor")
        async with db.database().transaction() as session:
            with pytest.raises(NotAllowed):
                await keys.create(session, ada.by, name="x", roles=("admin",))
            for days in (0, 366, -1):
                with pytest.raises(Invalid):
                    await keys.create(session, ada.by, name="x", roles=("viewer",), days=days)
            with pytest.raises(Invalid) as found:
                await keys.create(session, ada.by, name=" ", roles=(), days=0)
        assert [problem.place for problem in found.value.problems] == ["name", "roles", "days"]

    async def test_are_stored_as_a_hash_and_remember_their_use(self, api: FastAPI) -> None:
        ada = await people.person(await people.team(), "editor")
        async with db.database().transaction() as session:
            row, text = await keys.create(session, ada.by, name="ci", roles=("viewer",))
        async with people.program(api, text) as client:
            assert (await client.get("/api/v1/me")).status_code == 200
        async with db.database().reading() as session:
            stored = await session.get(ApiKey, row.id)
        assert stored is not None
        assert stored.last_used_at is not None
        assert text.partition(f"{row.public_id}_")[2] not in str(stored.model_dump())

    @pytest.mark.parametrize("end", ["revoked", "expired"])
    async def test_end(self, api: FastAPI, end: str) -> None:
        ada = await people.person(await people.team(), "editor")
        async with db.database().transaction() as session:
            row, text = await keys.create(session, ada.by, name="ci", roles=("viewer",))
            if end == "revoked":
                await keys.revoke(session, ada.by, row.id)
            else:
                row.expires_at = clock.now() - timedelta(seconds=1)
                session.add(row)
            assert keys.state(row, clock.now()) == end
        async with people.program(api, text) as client:
            assert (await client.get("/api/v1/me")).status_code == 401

    async def test_cannot_make_more_keys(self, api: FastAPI) -> None:
        ada = await people.person(await people.team(), "owner")
        async with db.database().transaction() as session:
            _, text = await keys.create(session, ada.by, name="ci", roles=("owner",))
        async with people.program(api, text) as client:
            answer = await client.post("/api/v1/keys", json={"name": "more", "roles": ["owner"]})
        assert answer.status_code == 403


class TestSecrets:
    @pytest.fixture
    async def ada(self, database: db.Database) -> people.Person:
        ada = await people.person(await people.team(), "owner")
        async with db.database().transaction() as session:
            await secrets.put(session, ada.by, "smtp", "canary-7f3a")
        return ada

    async def test_are_revealed_to_the_worker_and_kept_sealed(self, ada: people.Person) -> None:
        async with db.database().reading() as session:
            assert await secrets.reveal(session, ada.by.team_id, "smtp") == "canary-7f3a"
            row = await repository.secret(session, ada.by.team_id, "smtp")
            entries = (await session.exec(select(AuditEntry))).all()
        assert row is not None
        assert b"canary-7f3a" not in row.sealed
        assert "canary" not in str([entry.model_dump() for entry in entries])

    async def test_are_in_no_answer_of_the_api(self, ada: people.Person, api: FastAPI) -> None:
        async with people.browser(api, await people.session_token(ada)) as client:
            stored = await client.put("/api/v1/secrets/token", json={"value": "canary-7f3a"})
            texts = [
                stored.text,
                *[(await client.get(f"/api/v1/{p}")).text for p in ("secrets", "audit", "me")],
            ]
        assert not [text for text in texts if "canary" in text]

    @pytest.mark.parametrize(
        "change", [{"team_id": "other"}, {"name": "other"}, {"version": 2}, {"sealed": b"x" * 60}]
    )
    async def test_do_not_open_at_another_place(self, ada: people.Person, change: dict) -> None:
        other = await people.team("Other")
        values = {"team_id": other} if "team_id" in change else change
        async with db.database().transaction() as session:
            await session.exec(update(Secret).where(col(Secret.name) == "smtp").values(**values))
        async with db.database().reading() as session:
            with pytest.raises(crypto.KeyProblem):
                await secrets.reveal(
                    session, values.get("team_id", ada.by.team_id), values.get("name", "smtp")
                )

    async def test_survive_a_new_key_and_are_sealed_anew(self, ada: people.Person) -> None:
        fresh = crypto.add_key_to_file()
        async with db.database().transaction() as session:
            assert await secrets.reveal(session, ada.by.team_id, "smtp") == "canary-7f3a"
            assert await secrets.reseal(session) == 1
            assert await secrets.reseal(session) == 0
            row = await repository.secret(session, ada.by.team_id, "smtp")
            assert row is not None
            assert row.key_id == fresh
            assert await secrets.reveal(session, ada.by.team_id, "smtp") == "canary-7f3a"

    async def test_say_so_when_their_key_is_gone(
        self, ada: people.Person, environment: pytest.MonkeyPatch
    ) -> None:
        environment.setenv("QUADRILLE_SECRET_KEY", "another key of more than thirty-two characters")
        conftest.settings.cache_clear()
        async with db.database().reading() as session:
            with pytest.raises(crypto.KeyProblem, match="not in the key ring"):
                await secrets.reveal(session, ada.by.team_id, "smtp")

    @pytest.mark.parametrize("name", ["", "1st", "a b", "a/b", "x" * 65, "é"])
    async def test_need_a_plain_name(self, ada: people.Person, name: str) -> None:
        async with db.database().transaction() as session:
            with pytest.raises(Invalid):
                await secrets.put(session, ada.by, name, "value")


class TestTheAuditTrail:
    @pytest.fixture
    async def ada(self, database: db.Database) -> people.Person:
        ada = await people.person(await people.team(), "owner")
        for n in range(5):
            async with db.database().transaction() as session:
                await audit.record(session, ada.by, "test.done", f"thing {n}", {"n": n, "word": "Ünïcode 🦊"})
        return ada

    async def verdict(self, ada: people.Person, anchor: str = "") -> audit.Verdict:
        async with db.database().reading() as session:
            return await audit.verify(session, ada.by.team_id, anchor=anchor)

    async def test_is_whole_when_nobody_touched_it(self, ada: people.Person) -> None:
        verdict = await self.verdict(ada)
        assert (verdict.whole, verdict.entries) == (True, 5)

    @pytest.mark.parametrize(
        "change",
        [{"actor": "acct_eve"}, {"details": {"n": 7}}, {"action": "x"}, {"at": clock.now()}, {"subject": ""}],
    )
    async def test_shows_a_change(self, ada: people.Person, change: dict) -> None:
        async with db.database().transaction() as session:
            await session.exec(update(AuditEntry).where(col(AuditEntry.number) == 3).values(**change))
        assert (await self.verdict(ada)).broken_at == 3

    async def test_shows_a_missing_entry_and_with_an_anchor_a_cut_tail(self, ada: people.Person) -> None:
        anchor = (await self.verdict(ada)).head
        assert (await self.verdict(ada, anchor)).whole
        async with db.database().transaction() as session:
            await session.exec(delete(AuditEntry).where(col(AuditEntry.number) == 5))
        assert (await self.verdict(ada)).whole
        assert not (await self.verdict(ada, anchor)).whole
        async with db.database().transaction() as session:
            await session.exec(delete(AuditEntry).where(col(AuditEntry.number) == 2))
        assert (await self.verdict(ada)).broken_at == 2


def test_a_weak_key_is_refused() -> None:
    with pytest.raises(crypto.KeyProblem, match="at least 32"):
        crypto.KeyRing(["short"])


def test_the_key_file_is_for_its_owner_alone(environment: pytest.MonkeyPatch) -> None:
    crypto.key_ring()
    file = conftest.settings().data_dir / "secret.key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(list(file.parent.glob("secret.key*"))) == 1
