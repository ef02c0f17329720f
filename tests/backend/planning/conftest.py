"""What tests of plans share."""

from typing import Any

import pytest

from backend.core.errors import Outage
from backend.inference import client
from backend.planning import scheduling
from backend.planning.allocation import Allocation, allocate
from backend.planning.watching import rest


@pytest.fixture
def nobody_embeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where no inference worker lives: the words decide."""

    async def nobody() -> None:
        raise Outage("No inference worker is running.")

    monkeypatch.setattr(client, "require_a_worker", nobody)


@pytest.fixture
def solved_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same solver without a process for each plan, of which `test_allocation` knows that it answers the same."""

    async def here(*asked: Any) -> Allocation:
        return allocate(*asked)

    monkeypatch.setattr(scheduling, "allocate_apart", here)
    monkeypatch.setattr(rest, "allocate_apart", here)
