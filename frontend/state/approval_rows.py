"""What stands around a question, as rows: its thread, what was edited, and how the same was decided before."""

from dataclasses import dataclass
from typing import Any, cast

import orjson

from backend.approvals.schemas import ApprovalDetail, Earlier, Said
from frontend import routes
from frontend.state.iso import iso


@dataclass
class Entry:
    """Something that was said or done."""

    who: str
    did: str
    text: str
    at: str
    icon: str


@dataclass
class Edit:
    """A field whose value was changed before it was approved."""

    name: str
    before: str
    after: str


@dataclass
class Before:
    """A decision of the same node in another run."""

    href: str
    title: str
    verdict: str
    who: str
    comment: str
    at: str


_DID = {
    "comment": ("said", "message-square"),
    "asked": ("asked {to} for information", "circle-help"),
    "answered": ("answered", "message-square-reply"),
    "delegated": ("passed it on to {to}", "user-round-check"),
    "escalated": ("escalated it", "chevrons-up"),
    "reminded": ("reminded those who may decide", "bell"),
    "approved": ("approved", "check"),
    "edited": ("changed what is proposed; whoever approved before is asked again", "pencil"),
}


def entry(said: Said) -> Entry:
    """A row of the thread."""
    did, icon = _DID[said.kind]
    return Entry(said.by_name or "Quadrille", did.format(to=said.to_name), said.text, iso(said.at), icon)


def before(found: Earlier) -> Before:
    """A row of earlier decisions."""
    href = routes.approval(found.approval_id)
    who = found.decided_by_name or "Nobody in time"
    return Before(href, found.title, found.verdict, who, found.comment, iso(found.at))


def changed_fields(one: ApprovalDetail) -> list[Edit]:
    """The fields in which what was approved differs from what was proposed."""
    given = one.decision.values if one.decision else None
    if one.status != "approved" or not isinstance(given, dict) or not isinstance(one.proposal, dict):
        return []
    proposed = cast(dict[str, Any], one.proposal)
    titles = cast(dict[str, dict[str, Any]], one.form.get("properties") or {})
    return [
        Edit(str(titles.get(name, {}).get("title") or name), _text(proposed.get(name)), _text(value))
        for name, value in given.items()
        if value != proposed.get(name)
    ]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else orjson.dumps(value).decode()
