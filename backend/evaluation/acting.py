"""In whose name an evaluation acts."""

from backend.core.db import Session
from backend.evaluation.models import Evaluation
from backend.identity import members
from backend.identity.permissions import Role, known, within
from backend.identity.principal import Principal


async def starter(session: Session, evaluation: Evaluation) -> Principal:
    """Whoever began it, with the roles that they had then and that do not permit more than they may today.

    An answer to an approval is a decision of theirs: what they may not decide themselves, no case decides for them.
    """
    reader = Principal(evaluation.team_id, evaluation.started_by, "", ("viewer",), "system")
    listed = await members.list_(session, reader)
    found = next((one for one in listed if one.account_id == evaluation.started_by), None)
    now = found.roles if found else ()
    roles: tuple[Role, ...] = tuple(role for role in known(evaluation.roles) if within((role,), now))
    name = found.name if found else ""
    return Principal(evaluation.team_id, evaluation.started_by, name, roles, "system", evaluation.id)


def operator(evaluation: Evaluation) -> Principal:
    """The evaluation itself: it reads its runs and ends those that wait."""
    return Principal(
        evaluation.team_id, evaluation.started_by, "Evaluation", ("operator",), "system", evaluation.id
    )
