"""A clock that tests put forward."""

import pytest

from backend.core import clock
from tests.backend.runs.clockwork import Hands


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    hands = Hands()
    monkeypatch.setattr(clock, "now", hands.now)
    return hands
