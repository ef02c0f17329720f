"""People draw together: edits converge, last, are refused where the role forbids, and cross web processes."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pycrdt
import pytest
from sqlmodel import col, select

from backend.core import db
from backend.notifications import service as notifications
from backend.outgoing.models import Outgoing
from backend.workflows import protocol, rooms, service, sockets
from backend.workflows.diagram import Diagram, Position
from backend.workflows.document import Shared, _as_map
from tests.backend.identity import people
from tests.backend.workflows.conftest import Cast
from tests.backend.workflows.web import PUBLIC_URL, Editor, Web, editor
from tests.conftest import DATABASES
from tests.servers import Valkey

pytestmark = [pytest.mark.db, pytest.mark.redis]
# Once is enough where the kind of database does not matter.
sqlite_only = pytest.mark.parametrize("house", ["sqlite"], indirect=True)


@dataclass(frozen=True)
class House:
    """A database with two web processes, which the tests of this file share: each takes seconds to start."""

    database_url: str
    webs: tuple[Web, Web]


@pytest.fixture(scope="module", params=DATABASES)
def house(
    request: pytest.FixtureRequest, valkey: Valkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    server = request.getfixturevalue("sqlite" if request.param == "sqlite" else "postgres")
    url = server.fresh(folder / "quadrille.db") if request.param == "sqlite" else server.fresh()
    webs = (Web(url, valkey.url, str(folder)), Web(url, valkey.url, str(folder)))
    yield House(url, webs)
    for web in webs:
        web.kill()


@pytest.fixture
def database_url(house: House) -> str:
    return house.database_url


@pytest.fixture
def webs(house: House, redis_url: str) -> tuple[Web, Web]:
    """The first one runs; the second is started by the tests that need it."""
    house.webs[0].start()
    return house.webs


@pytest.fixture(autouse=True)
def public_url(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("QUADRILLE_PUBLIC_URL", PUBLIC_URL)


@pytest.fixture
async def workflow(cast: Cast, greeting: Diagram) -> str:
    async with db.database().transaction() as session:
        return (await service.create(session, cast.by, greeting)).id


async def stored(cast: Cast, workflow: str) -> Diagram:
    async with db.database().reading() as session:
        return (await service.draft(session, cast.by, workflow)).diagram


def add(editor: Editor, node_id: str, **fields: object) -> None:
    editor.nodes[node_id] = _as_map(Shared(kind="say", x=1, y=2, config=Shared(), **fields))


async def test_two_editors_see_each_other_draw(
    webs: tuple[Web, Web], cast: Cast, workflow: str, greeting: Diagram
) -> None:
    async with (
        editor(webs[0], cast.editor, workflow) as ada,
        editor(webs[0], cast.other_editor, workflow) as grace,
    ):
        await ada.until(ada.synced.is_set)
        await grace.until(grace.synced.is_set)
        assert ada.diagram == grace.diagram == greeting
        add(ada, "from_ada")
        add(grace, "from_grace")
        grace.nodes["say"]["x"] = 77
        await ada.until(lambda: {"from_grace"} <= {n.id for n in ada.diagram.nodes})
        await grace.until(lambda: {"from_ada"} <= {n.id for n in grace.diagram.nodes})
        await ada.until(lambda: ada.diagram.node("say").position.x == 77)
        await ada.durable()
        await grace.durable()
        assert ada.diagram == grace.diagram == await stored(cast, workflow)


async def test_nothing_acknowledged_is_lost_when_the_room_dies(
    webs: tuple[Web, Web], cast: Cast, workflow: str
) -> None:
    async with editor(webs[0], cast.editor, workflow) as ada:
        await ada.until(ada.synced.is_set)
        for number in range(50):
            add(ada, f"n{number}")
        await ada.durable()
        webs[0].kill()
        await ada.until(lambda: ada.closed is not None)
        add(ada, "while_offline")
        kept = ada.doc
    assert {f"n{number}" for number in range(50)} <= {n.id for n in (await stored(cast, workflow)).nodes}
    webs[1].start()
    async with editor(webs[1], cast.editor, workflow, kept) as again:
        await again.until(again.synced.is_set)
        await again.durable()
    assert "while_offline" in {n.id for n in (await stored(cast, workflow)).nodes}


async def test_two_web_processes_converge(webs: tuple[Web, Web], cast: Cast, workflow: str) -> None:
    webs[1].start()
    async with (
        editor(webs[0], cast.editor, workflow) as ada,
        editor(webs[1], cast.other_editor, workflow) as grace,
    ):
        await ada.until(ada.synced.is_set)
        await grace.until(grace.synced.is_set)
        for number in range(20):
            add(ada, f"a{number}")
            add(grace, f"g{number}")
        everything = {f"{who}{number}" for who in "ag" for number in range(20)}
        await ada.until(lambda: everything <= {n.id for n in ada.diagram.nodes})
        await grace.until(lambda: everything <= {n.id for n in grace.diagram.nodes})
        state = protocol.awareness(
            protocol.number(1) + protocol.number(7) + protocol.number(1)
            + protocol.bytes_(b'{"user":{"name":"Somebody else","color":"tomato"},"cursor":{"x":1,"y":2}}')
        )  # fmt: skip
        ada.send(state)
        await grace.until(lambda: 7 in grace.people)
    assert '"name":"Ada"' in grace.people[7], "nobody appears under another's name"
    assert '"color":"tomato"' in grace.people[7]


@sqlite_only
async def test_two_web_processes_converge_without_redis(
    house: House, cast: Cast, workflow: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "own").mkdir()
    own = Valkey(tmp_path / "own")
    own.start()
    request.addfinalizer(own.stop)
    apart = [Web(house.database_url, own.url, str(tmp_path)) for _ in range(2)]
    for web in apart:
        request.addfinalizer(web.kill)
        web.start()
    async with (
        editor(apart[0], cast.editor, workflow) as ada,
        editor(apart[1], cast.other_editor, workflow) as grace,
    ):
        await ada.until(ada.synced.is_set)
        await grace.until(grace.synced.is_set)
        own.stop()
        add(ada, "unheard")
        await ada.durable()
        await grace.until(lambda: "unheard" in {n.id for n in grace.diagram.nodes})


@sqlite_only
async def test_a_viewer_follows_and_cannot_draw(webs: tuple[Web, Web], cast: Cast, workflow: str) -> None:
    async with editor(webs[0], cast.viewer, workflow) as vera, editor(webs[0], cast.editor, workflow) as ada:
        await vera.until(vera.synced.is_set)
        await ada.until(ada.synced.is_set)
        add(ada, "shown")
        await vera.until(lambda: "shown" in {n.id for n in vera.diagram.nodes})
        add(vera, "forbidden")
        await vera.until(lambda: bool(vera.refusals))
        await vera.durable()
        await ada.durable()
        assert "forbidden" not in {n.id for n in ada.diagram.nodes}
    assert "forbidden" not in {n.id for n in (await stored(cast, workflow)).nodes}
    async with editor(webs[0], cast.viewer, workflow, vera.doc) as again:
        await again.until(again.synced.is_set)
        await again.durable()
    assert "forbidden" not in {n.id for n in (await stored(cast, workflow)).nodes}


async def test_a_whole_new_diagram_reaches_open_editors(
    webs: tuple[Web, Web], cast: Cast, workflow: str, greeting: Diagram
) -> None:
    token = await people.session_token(cast.editor)
    async with editor(webs[0], cast.other_editor, workflow) as grace:
        await grace.until(grace.synced.is_set)
        say = greeting.node("say").model_copy(update={"position": Position(x=5, y=5)})
        changed = greeting.model_copy(update={"nodes": (say,), "wires": (), "name": "New name"})
        async with http(webs[0], token) as client:
            answer = await client.put(f"/api/v1/workflows/{workflow}", json=changed.model_dump(mode="json"))
        assert answer.status_code == 200, answer.text
        await grace.until(lambda: grace.diagram == changed)


@sqlite_only
async def test_renaming_in_the_editor_renames_the_workflow(
    webs: tuple[Web, Web], cast: Cast, workflow: str
) -> None:
    async with editor(webs[0], cast.editor, workflow) as ada:
        await ada.until(ada.synced.is_set)
        ada.doc.get("meta", type=pycrdt.Map)["name"] = "Support triage"
        await ada.durable()
    async with db.database().reading() as session:
        found = await service.get(session, cast.by, "support-triage")
    assert (found.id, found.edited_by) == (workflow, cast.by.account_id)


@sqlite_only
async def test_an_undo_takes_back_one_s_own_edit_only(
    webs: tuple[Web, Web], cast: Cast, workflow: str
) -> None:
    async with (
        editor(webs[0], cast.editor, workflow) as ada,
        editor(webs[0], cast.other_editor, workflow) as grace,
    ):
        await ada.until(ada.synced.is_set)
        await grace.until(grace.synced.is_set)
        undo = pycrdt.UndoManager(scopes=[ada.nodes])
        undo.include_origin("ada")
        with ada.doc.transaction(origin="ada"):
            ada.nodes["say"]["x"] = 500
        await grace.until(lambda: grace.diagram.node("say").position.x == 500)
        grace.nodes["say"]["name"] = "Grace was here"
        await ada.until(lambda: ada.diagram.node("say").name != "")
        assert undo.undo()
        await grace.until(lambda: grace.diagram.node("say").position.x == 200)
        assert grace.diagram.node("say").name == "Grace was here"


@sqlite_only
@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x00\x02\x05junk!", 4400),
        (b"\x00\x02\xff\xff\xff", 4400),
        (b"", 4400),
        (b"\x01\x04\x01\x01\x01\x7f", 4400),
        (protocol.sync("update", b"\x00" * sockets.MAX_MESSAGE_BYTES), 4413),
    ],
)
async def test_a_frame_that_cannot_be_meant_closes_the_socket_and_harms_nobody(
    webs: tuple[Web, Web], cast: Cast, workflow: str, frame: bytes, code: int
) -> None:
    async with (
        editor(webs[0], cast.editor, workflow) as ada,
        editor(webs[0], cast.other_editor, workflow) as grace,
    ):
        await ada.until(ada.synced.is_set)
        await grace.until(grace.synced.is_set)
        ada.send(frame)
        await ada.until(lambda: ada.closed is not None)
        assert ada.closed is not None
        assert ada.closed[0] == code
        assert ada.closed[1], "the reason is told"
        add(grace, "unharmed")
        await grace.durable()
    assert "unharmed" in {n.id for n in (await stored(cast, workflow)).nodes}


@sqlite_only
async def test_only_members_of_the_team_come_in(webs: tuple[Web, Web], cast: Cast, workflow: str) -> None:
    async with editor(webs[0], cast.stranger, workflow) as mallory:
        await mallory.until(lambda: mallory.closed is not None)
    assert mallory.closed == (4404, "No such workflow.")


@sqlite_only
async def test_archiving_shows_everybody_out(webs: tuple[Web, Web], cast: Cast, workflow: str) -> None:
    token = await people.session_token(cast.editor)
    async with editor(webs[0], cast.other_editor, workflow) as grace:
        await grace.until(grace.synced.is_set)
        async with http(webs[0], token) as client:
            assert (await client.delete(f"/api/v1/workflows/{workflow}")).status_code == 204
        await grace.until(lambda: grace.closed is not None)
    assert grace.closed == (4410, "The workflow was archived.")


async def test_a_long_log_becomes_short_again(
    webs: tuple[Web, Web], cast: Cast, workflow: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backend.workflows import drafts, repository

    async with editor(webs[0], cast.editor, workflow) as ada:
        await ada.until(ada.synced.is_set)
        for number in range(drafts.COMPACT_ROWS + 5):
            add(ada, f"n{number}")
            await ada.durable()
        expected = ada.diagram
    async with db.database().reading() as session:
        rows = await repository.updates(session, workflow)
    assert len(rows) < 10
    assert rows[0].compacted
    assert await stored(cast, workflow) == expected


async def test_a_room_that_nobody_is_in_is_closed(cast: Cast, workflow: str, redis_url: str) -> None:
    class Silent:
        def send(self, frame: bytes) -> None: ...

        def end(self, code: int, reason: str) -> None: ...

    someone = Silent()
    room = await rooms.enter(workflow, someone)
    update: pycrdt.Doc[Any] = pycrdt.Doc()
    update.apply_update(room.doc.get_update())
    before = update.get_state()
    update.get("meta", type=pycrdt.Map)["name"] = "Written at the last moment"
    room.take(update.get_update(before), cast.by.account_id, someone)
    assert rooms.pending(workflow)
    async with db.database().reading() as session:
        drawn = await service.draft(session, cast.by, workflow)
    assert drawn.diagram.name == "Written at the last moment", "a run sees edits of this very moment"
    await room.leave(someone)
    assert not rooms.pending(workflow)
    assert (await stored(cast, workflow)).name == "Written at the last moment"


def http(web: Web, token: str) -> httpx2.AsyncClient:
    from backend.identity import cookies, tokens

    headers = {"origin": PUBLIC_URL, "sec-fetch-site": "same-origin", "x-csrf": tokens.csrf_of(token)}
    cookie = {cookies.session_name(): token}
    return httpx2.AsyncClient(base_url=f"http://{web.address}", headers=headers, cookies=cookie, timeout=120)


async def test_C95_who_is_named_or_answered_in_a_comment_is_told_once(
    webs: tuple[Web, Web], cast: Cast, workflow: str
) -> None:
    """Also by e-mail. The writer is not told, nor is anybody told again when the comment is resolved."""

    def remark(editor: Editor, comment_id: str, **fields: Any) -> None:
        editor.doc.get("comments", type=pycrdt.Map)[comment_id] = _as_map(Shared(x=1, y=2, **fields))

    async with (
        editor(webs[0], cast.editor, workflow) as ada,
        editor(webs[0], cast.other_editor, workflow) as grace,
    ):
        await ada.until(ada.synced.is_set)
        await grace.until(grace.synced.is_set)
        remark(ada, "c1", text="@Grace and @Ada, look; @Nobody", author="Ada")
        await ada.durable()
        await grace.until(lambda: bool(grace.diagram.comments))
        remark(grace, "c2", text="I did, @Vera too", author="Grace", reply_to="c1")
        await grace.durable()
        ada.doc.get("comments", type=pycrdt.Map)["c1"]["resolved"] = True
        await ada.durable()
    told: dict[str, list[tuple[str, str, str]]] = {}
    async with db.database().reading() as session:
        for who in (cast.editor, cast.other_editor, cast.viewer, cast.stranger):
            found = await notifications.page(session, who.by)
            told[who.by.name] = [(row.kind, row.title, row.text) for row in found.items]
        mails = (await session.exec(select(Outgoing).order_by(col(Outgoing.id)))).all()
    name = "Größe & Ärger"
    assert told == {
        "Ada": [("reply", f"Grace replied in {name}", "I did, @Vera too")],
        "Grace": [("mention", f"Ada mentioned you in {name}", "@Grace and @Ada, look; @Nobody")],
        "Vera": [("mention", f"Grace mentioned you in {name}", "I did, @Vera too")],
        "Mallory": [],
    }
    assert sorted(mail.subject for mail in mails) == sorted(rows[0][1] for rows in told.values() if rows)
    links = [f"{PUBLIC_URL}/workflows/{workflow}?comment={comment}" for comment in ("c1", "c2", "c2")]
    assert all(link in mail.text for link, mail in zip(links, mails, strict=True))
    assert (await stored(cast, workflow)).comments[1].reply_to == "c1"
