"""What a question consists of, what binds a decision to it, and who may decide it."""

import hashlib
from typing import Any

import orjson

from backend.approvals.models import Approval
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
    bound = {"run": run_id, "step": [step.node_id, step.path, step.visit], **shown}
    digest = hashlib.sha256(orjson.dumps(bound, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return {**shown, "arguments_hash": digest, "expires_at": question.expires_at}


def has_role(by: Principal, approval: Approval) -> bool:
    """True when one of the caller's roles is among those that are asked."""
    return not set(by.roles).isdisjoint(approval.roles)


def may_decide(by: Principal, approval: Approval) -> bool:
    """True when the rules let the caller decide; whether it is still open is another matter."""
    excluded = approval.exclude_requester and by.account_id == approval.requested_by
    return by.may("approval.decide") and has_role(by, approval) and not excluded


def may_read(by: Principal, approval: Approval) -> bool:
    """True when the caller may see what is asked: it holds values of the run, and who decides must know them."""
    return by.may("run.payload") or may_decide(by, approval)
