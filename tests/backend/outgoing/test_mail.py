"""Mail and calls leave at least once, by a real SMTP server and a real HTTP one, and wait where nobody takes them (R42)."""

import asyncio
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlmodel import col, select, update

from app import checkup
from backend.core import clock, db, mail
from backend.core.settings import settings
from backend.identity import members
from backend.outgoing import sending, service
from backend.outgoing.models import Outgoing
from tests.backend.approvals.asked import PAY, asked, member, shown
from tests.backend.runs import made
from tests.http_server import Answer, serving
from tests.servers import free_port
from tests.smtp_server import receiving

pytestmark = pytest.mark.db


Through = Callable[[str], None]


@pytest.fixture
def sends(monkeypatch: pytest.MonkeyPatch) -> Iterator[Through]:
    """Says through which server this installation sends."""

    def through(url: str) -> None:
        monkeypatch.setenv("QUADRILLE_SMTP_URL", url)
        monkeypatch.setenv("QUADRILLE_MAIL_FROM", "quadrille@example.com")
        settings.cache_clear()

    yield through
    settings.cache_clear()


async def rows() -> list[Outgoing]:
    async with db.database().reading() as session:
        return list((await session.exec(select(Outgoing).order_by(col(Outgoing.id)))).all())


async def make_due() -> None:
    async with db.database().transaction() as session:
        await session.exec(update(Outgoing).values(next_at=clock.now() - timedelta(seconds=1)))


async def test_R42_who_may_decide_gets_a_link_to_the_page_that_decides_nothing(
    database: db.Database, sends: Through
) -> None:
    with receiving() as (post, url):
        sends(url)
        world = await made.world()
        bea, dora = await member(world, "Bea"), await member(world, "Dora", "viewer")
        approval_id = await asked(world, PAY.model_copy(update={"title": "Pay\r\nBcc: evil@example.com"}))
        while await sending.anything_due():
            await asyncio.gather(*(sending.send_due() for _ in range(3)))
        assert {letter["To"] for letter in post.letters} == {bea.email, (await owner_address(world))}
        (letter,) = post.to(bea.email)
        assert post.to(dora.email) == []
        assert letter["Bcc"] is None
        body = letter.get_content()
        link = f"{settings().resolved_public_url()}/approvals/{approval_id}"
        assert re.findall(r"http\S+", body) == [link]
        assert "100" not in body, "what is asked about stays on the page"
        assert (await shown(world.by, approval_id)).status == "open"
        assert (await checkup.outgoing_mail()).state == "ok"


async def owner_address(world: made.World) -> str:
    async with db.database().reading() as session:
        return next(
            one.email
            for one in await members.list_(session, world.by)
            if one.account_id == world.by.account_id
        )


async def test_R42_mail_waits_for_a_server_that_is_away_and_goes_later(
    database: db.Database, sends: Through
) -> None:
    port = free_port()
    sends(f"smtp://127.0.0.1:{port}")
    world = await made.world()
    await asked(world)
    await sending.send_due()
    (waits,) = await rows()
    assert (waits.status, waits.attempts) == ("waiting", 1)
    assert waits.error
    assert waits.next_at > clock.now()
    assert (await checkup.outgoing_mail()).state == "broken"
    with receiving(port) as (post, _):
        post.answer = "451 Later"
        await make_due()
        await sending.send_due()
        post.answer = "250 OK"
        await make_due()
        await sending.send_due()
        assert len(post.letters) == 1
        assert post.letters[0]["Message-ID"] == f"<{waits.id}@example.com>"
    assert [(one.status, one.attempts) for one in await rows()] == [("sent", 3)]


async def test_R42_what_is_refused_for_good_is_given_up_and_told(
    database: db.Database, sends: Through
) -> None:
    with receiving() as (post, url):
        post.answer = "550 No such mailbox"
        sends(url)
        world = await made.world()
        await asked(world)
        await sending.send_due()
        async with database.reading() as session:
            (given_up,) = await service.undelivered(session, world.by.team_id)
        assert "No such mailbox" in given_up.error
        assert not await sending.anything_due()


async def test_R53_a_webhook_is_called_once_an_occasion_and_again_when_it_fails(
    database: db.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUADRILLE_OUTBOUND_ALLOW", "127.0.0.1")
    settings.cache_clear()
    answers = iter([Answer(500), Answer(200)])
    world = await made.world()
    async with serving(lambda _: next(answers)) as server:
        for _ in range(2):
            async with database.transaction() as session:
                await service.write_call(
                    session, world.by.team_id, "once", f"{server.url}/hook", {"alarm": 1}
                )
        await sending.send_due()
        await make_due()
        await sending.send_due()
    assert [one.json() for one in server.asked] == [{"alarm": 1}] * 2
    assert len({one.headers["idempotency-key"] for one in server.asked}) == 1
    assert [one.status for one in await rows()] == ["sent"]
    settings.cache_clear()


async def test_nothing_is_left_to_be_sent_where_no_mail_is_set_up(database: db.Database) -> None:
    await asked(await made.world())
    assert await rows() == []
    assert (await checkup.outgoing_mail()).state == "note"


def test_settings_that_cannot_send_are_told(sends: Through, monkeypatch: pytest.MonkeyPatch) -> None:
    sends("http://mail.example")
    assert "smtp://" in mail.wrong_settings()
    monkeypatch.setenv("QUADRILLE_MAIL_FROM", "")
    settings.cache_clear()
    assert mail.wrong_settings() == "QUADRILLE_MAIL_FROM is not set."
