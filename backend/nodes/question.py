"""What a run asks people, and what they answer."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, JsonValue

Priority = Literal["low", "normal", "high", "urgent"]


class Question(BaseModel):
    """What a run asks people. `form` is a JSON Schema of the fields; `proposal` prefills them."""

    title: str
    message: str = ""
    form: dict[str, JsonValue] = {}
    proposal: JsonValue = None
    roles: tuple[str, ...] = ("approver", "admin", "owner")
    exclude_requester: bool = False
    expires_at: datetime | None = None
    members: tuple[str, ...] = ()
    """Addresses; where there are any, only they decide."""
    needed: int = 1
    priority: Priority = "normal"
    remind_every: float | None = None
    escalate_at: datetime | None = None
    escalate_to: tuple[str, ...] = ()
    hours: str = ""
    mail: bool = True

    def asked(self) -> dict[str, JsonValue]:
        """What is asked of whom, without its moments: what recorded answers are found by. What was added is in it when used."""
        plain = self.model_dump(mode="json", exclude={"expires_at", "escalate_at"})
        added = ("members", "needed", "priority", "remind_every", "escalate_to", "hours", "mail")
        usual = {name: Question.model_fields[name].default for name in added}
        return {k: v for k, v in plain.items() if k not in usual or getattr(self, k) != usual[k]}


class Answer(BaseModel):
    """What people answered, that nobody did in time, or that it is not asked any more."""

    verdict: Literal["approved", "rejected", "expired", "withdrawn"]
    values: JsonValue = None
    comment: str = ""
    by: str = ""
