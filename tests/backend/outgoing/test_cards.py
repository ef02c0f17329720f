"""A card for Microsoft Teams as it comes over the wire, held against the published form of Adaptive Cards 1.4 (R53)."""

import re
from typing import Any

import jsonschema
import pytest

from backend.core import db
from backend.core.settings import settings
from backend.monitoring import service as alarms
from backend.monitoring import webhooks
from backend.monitoring.schemas import AlarmWish
from backend.outgoing import sending
from tests.backend.monitoring.test_monitoring import ended, looked
from tests.backend.runs import made
from tests.http_server import Answer, serving

pytestmark = pytest.mark.db


def _element(kind: str, **properties: Any) -> dict[str, Any]:
    """An element of a card: what it must have is told without a mark, what it may have with one."""
    known = {name.rstrip("_"): rule for name, rule in properties.items()}
    required = ["type", *(name for name in properties if not name.endswith("_"))]
    return {
        "type": "object",
        "properties": {"type": {"const": kind}, **known},
        "required": required,
        "additionalProperties": False,
    }


_RUN = _element(
    "TextRun",
    text={"type": "string"},
    size_={"enum": ["default", "small", "medium", "large", "extraLarge"]},
    weight_={"enum": ["default", "lighter", "bolder"]},
    color_={"enum": ["default", "dark", "light", "accent", "good", "warning", "attention"]},
)
_CARD = _element(
    "AdaptiveCard",
    version={"enum": ["1.0", "1.1", "1.2", "1.3", "1.4"]},  # Teams shows no later one on every device
    body={"type": "array", "items": _element("RichTextBlock", inlines={"type": "array", "items": _RUN})},
    actions_={
        "type": "array",
        "items": _element("Action.OpenUrl", url={"type": "string"}, title_={"type": "string"}),
    },
)
_CARD["properties"]["$schema"] = {"const": "http://adaptivecards.io/schemas/adaptive-card.json"}
_MESSAGE = _element(
    "message",
    attachments={
        "type": "array",
        "minItems": 1,
        "items": {
            "type": "object",
            "properties": {
                "contentType": {"const": "application/vnd.microsoft.card.adaptive"},
                "contentUrl": {"type": "null"},
                "content": _CARD,
            },
            "required": ["contentType", "content"],
            "additionalProperties": False,
        },
    },
)


async def test_R53_an_alarm_reaches_a_webhook_of_teams_workflows_as_a_card(
    database: db.Database, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("QUADRILLE_OUTBOUND_ALLOW", "127.0.0.1")
    settings.cache_clear()
    world = await made.world()
    await ended(world, "failed")
    async with serving(lambda _: Answer(202)) as teams:
        wish = AlarmWish(kind="error_count", webhook=f"{teams.url}/workflows/1", webhook_format="teams")
        async with database.transaction() as session:
            alarm = await alarms.create(session, world.by, wish)
        assert (await looked(alarm.id)).is_raised
        await sending.send_due()
    (asked,) = teams.asked
    assert (asked.method, asked.headers["content-type"]) == ("POST", "application/json")
    jsonschema.validate(asked.json(), _MESSAGE)
    card = asked.json()["attachments"][0]["content"]
    words = [run["text"] for block in card["body"] for run in block["inlines"]]
    assert words == ["Runs fail: all workflows", "1 runs failed in 60 minutes."]
    assert [re.sub("^http.*?//[^/]+", "", action["url"]) for action in card["actions"]] == ["/monitoring"]


def test_R53_words_of_a_card_are_no_markup() -> None:
    """A text block would make a link of a workflow's name; a text run shows what it is given."""
    told = webhooks.teams_message(
        "Runs fail: [pay](https://evil.example)", "**now**", "https://q.example/runs"
    )
    jsonschema.validate(told, _MESSAGE)
    card = told["attachments"][0]["content"]
    assert "TextBlock" not in {block["type"] for block in card["body"]}
    assert [action["url"] for action in card["actions"]] == ["https://q.example/runs"]
