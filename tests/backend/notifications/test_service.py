"""People are told once a cause, in their team alone, and what they have read is not counted."""

import pytest

from backend.core import db
from backend.core.errors import Invalid
from backend.notifications import service
from backend.notifications.schemas import Notice
from tests.backend.identity import people

pytestmark = pytest.mark.db


def notice(about: str, title: str = "Ada mentioned you") -> Notice:
    return Notice("mention", about, title, "/workflows/wf_1", "@Grace look")


async def test_who_is_told_twice_of_one_cause_reads_it_once(database: db.Database) -> None:
    team = await people.team()
    ada, grace = await people.person(team, "viewer"), await people.person(team, "editor")
    both = [ada.by.account_id, grace.by.account_id]
    async with database.transaction() as session:
        assert len(await service.tell(session, team, both[:1], notice("one"))) == 1
        new = await service.tell(session, team, both, notice("one"))
        assert [row.account_id for row in new] == both[1:]
        await service.tell(session, team, both, notice("two", "x" * 900))
    async with database.reading() as session:
        found = await service.page(session, ada.by)
    assert [row.about for row in found.items] == ["two", "one"]
    assert (found.unread_count, len(found.items[0].title)) == (2, 200)


async def test_reading_is_one_s_own_and_a_cause_can_be_over_for_all(database: db.Database) -> None:
    team, elsewhere = await people.team(), await people.team("Elsewhere")
    ada, grace = await people.person(team, "viewer"), await people.person(team, "viewer")
    mallory = await people.person(elsewhere, "owner")
    everybody = [ada.by.account_id, grace.by.account_id]
    async with database.transaction() as session:
        for about in ("one", "two", "three"):
            await service.tell(session, team, everybody, notice(about))
        hers = (await service.page(session, grace.by)).items
        assert await service.read(session, ada.by, [row.id for row in hers]) == 3, "only one's own"
        assert await service.read(session, grace.by, [hers[0].id]) == 2
        await service.over(session, team, "one")
        assert await service.unread_count(session, ada.by) == 2
        left = await service.page(session, ada.by, unread=True, limit=1)
        rest = await service.page(session, ada.by, unread=True, cursor=left.next_cursor)
        assert [row.about for row in (*left.items, *rest.items)] == ["three", "two"]
        assert await service.read(session, ada.by) == 0
        assert (await service.page(session, mallory.by)).items == []
        with pytest.raises(Invalid):
            await service.page(session, ada.by, cursor="run_1")
