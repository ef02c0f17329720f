"""What a question consists of, what binds a decision to it, and who may decide it."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from pydantic import JsonValue

from backend.approvals.models import Approval
from backend.core.errors import NotAllowed
from backend.engine.ports import StepId
from backend.identity.principal import Principal
from backend.nodes.kind import Question


def content(run_id: str, step: StepId, question: Question) -> dict[str, Any]:
    """The fields of an approval that come from its question, with the hash over all that deciders are shown (SEC-19)."""
    shown = {
        "title": question.title,
        "message": question.message,
        "form": question.form,
        "proposal": question.proposal,
        "roles": list(question.roles),
        "exclude_requester": question.exclude_requester,
    }
    who = {"members": list(question.members), "needed": question.needed}
    digest = _digest(run_id, step, shown | (who if question.members or question.needed > 1 else {}))
    return {
        **shown,
        "needed": question.needed,
        "priority": question.priority,
        "hours": question.hours,
        "mail": question.mail,
        "remind_every": question.remind_every,
        "escalate_at": question.escalate_at,
        "escalate_to": list(question.escalate_to),
        "expires_at": question.expires_at,
        "arguments_hash": digest,
        "asked_hash": digest,
    }


def edited(approval: Approval, proposal: JsonValue) -> str:
    """The hash of the same question with another proposal."""
    step = StepId(approval.node_id, approval.path, approval.visit)
    return _digest(approval.run_id, step, {"asked": approval.asked_hash, "proposal": proposal})


def _digest(run_id: str, step: StepId, shown: Mapping[str, Any]) -> str:
    bound = {"run": run_id, "step": [step.node_id, step.path, step.visit], **shown}
    return hashlib.sha256(orjson.dumps(bound, option=orjson.OPT_SORT_KEYS)).hexdigest()


def is_named(account_id: str, approval: Approval) -> bool:
    """True when it is asked by name: one of its members who has not passed it on, or somebody it was passed on to."""
    named = account_id in approval.members
    for step in approval.delegated:
        if account_id in step.values():
            named = step["to"] == account_id
    return named


def passed_on(account_id: str, approval: Approval) -> bool:
    """True when this person has given the decision to somebody else, and has not got it back."""
    steps = [step for step in approval.delegated if account_id in step.values()]
    return bool(steps) and steps[-1]["to"] != account_id


def is_asked(account_id: str, roles: Sequence[str], approval: Approval) -> bool:
    """True when the question is for this member, by name, by role, or since it was escalated."""
    if is_named(account_id, approval):
        return True
    if passed_on(account_id, approval):
        return False
    asked = set(approval.escalate_to) if approval.escalated else set[str]()
    if not approval.members:
        asked |= set(approval.roles)
    return not asked.isdisjoint(roles)


def why_not(by: Principal, approval: Approval) -> NotAllowed | None:
    """Why the rules do not let the caller decide; None where they do. Whether it is still open is another matter."""
    if approval.exclude_requester and by.account_id == approval.requested_by:
        return NotAllowed("Who started the run may not decide this.", fix="Ask somebody else of the team.")
    if is_asked(by.account_id, by.roles, approval):
        return None
    if passed_on(by.account_id, approval):
        words, fix = "You have passed this on.", "Ask whoever you gave it to."
    elif approval.members:
        words, fix = "This question is for other people.", "They are named on its page."
    else:
        words, fix = (
            "This question is for other roles than yours.",
            f"It is for: {', '.join(approval.roles)}.",
        )
    return NotAllowed(words, fix=fix)


def may_decide(by: Principal, approval: Approval) -> bool:
    """True when the rules let the caller decide."""
    return by.may("approval.decide") and why_not(by, approval) is None


def may_read(by: Principal, approval: Approval) -> bool:
    """True when the caller may see what is asked: it holds values of the run, and who decides must know them."""
    return by.may("run.payload") or may_decide(by, approval)
