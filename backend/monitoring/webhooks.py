"""What an alarm's webhook is sent: every detail, the one text that chats take, or a card for Teams."""

from collections.abc import Mapping
from typing import Any

_CHAT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "*": "\u2217", "@": "@\u200b", "\n": " "})
CARD = "application/vnd.microsoft.card.adaptive"
SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"


def body(form: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON to post; `told` has a title, a message and a link among its details."""
    title, message, link = told["title"], told["message"], told["link"]
    if form == "chat":
        return {"text": chat_text(title, message, link)}
    if form == "teams":
        return teams_message(title, message, link)
    return dict(told)


def chat_text(title: str, message: str, link: str) -> str:
    """A message as chats show it. What names people or channels there, or would be a link, is only text."""
    plain = [one.translate(_CHAT) for one in (title, message)]
    return f"*{plain[0]}*\n{plain[1]}\n{link}"


def teams_message(title: str, message: str, link: str) -> dict[str, Any]:
    """What a webhook of Teams' Workflows takes: a message with an Adaptive Card, which is all that it shows.

    The words are text runs: a text block would read them as Markdown, and a workflow's name is no link of ours.
    """
    card = {
        "$schema": SCHEMA,
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [
            _words(title, size="medium", weight="bolder", color="attention"),
            _words(message),
        ],
        "actions": [{"type": "Action.OpenUrl", "title": "Open in Quadrille", "url": link}],
    }
    return {
        "type": "message",
        "attachments": [{"contentType": CARD, "contentUrl": None, "content": card}],
    }


def _words(text: str, **look: str) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **look}]}
