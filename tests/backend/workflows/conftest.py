"""Members of two teams, and the kinds of these tests in the place of the shipped ones."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
import pytest

from backend.core import db
from backend.identity.principal import Principal
from backend.nodes import registry
from backend.workflows.diagram import Diagram, Node, Position, Wire
from tests.backend.identity import people
from tests.backend.workflows.kinds import KINDS
from tests.backend.workflows.web import api


@dataclass(frozen=True)
class Cast:
    """Who plays in a test."""

    editor: people.Person
    other_editor: people.Person
    viewer: people.Person
    stranger: people.Person

    @property
    def by(self) -> Principal:
        return self.editor.by


@pytest.fixture
async def cast(database: db.Database) -> Cast:
    team, elsewhere = await people.team(), await people.team("Elsewhere")
    return Cast(
        await people.person(team, "editor", name="Ada"),
        await people.person(team, "editor", name="Grace"),
        await people.person(team, "viewer", name="Vera"),
        await people.person(elsewhere, "owner", name="Mallory"),
    )


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "shipped_kinds" not in request.fixturenames:
        monkeypatch.setattr(registry, "all_kinds", lambda: KINDS)


@pytest.fixture
def shipped_kinds() -> None:
    """Ask for it to see the kinds that the product ships."""


@pytest.fixture
def greeting() -> Diagram:
    return Diagram(
        name="Größe & Ärger",
        nodes=(
            Node(id="start", kind="start"),
            Node(id="say", kind="say", config={"text": "Hello"}, position=Position(x=200, y=0)),
            Node(id="output", kind="output", position=Position(x=400, y=0)),
        ),
        wires=(Wire(source="start", target="say"), Wire(source="say", target="output")),
    )


@pytest.fixture
async def client(cast: Cast) -> AsyncIterator[httpx2.AsyncClient]:
    async with people.browser(api(), await people.session_token(cast.editor)) as client:
        yield client
