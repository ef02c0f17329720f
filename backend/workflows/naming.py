"""Names and slugs of workflows: what people read, and what they type."""

import re
import unicodedata

from backend.core.db import Session
from backend.workflows import repository
from backend.workflows.models import Workflow

MAX_NAME = 200
MAX_SLUG = 60


def slug_of(name: str) -> str:
    """The name in lower case with dashes; letters of any script stay letters, `Über uns!` gives `uber-uns`."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    lower = unicodedata.normalize("NFC", bare).casefold()
    dashed = re.sub(r"[\W_]+", "-", lower).strip("-")[:MAX_SLUG].strip("-")
    return dashed or "workflow"


async def free_slug(session: Session, team_id: str, name: str, own: str = "") -> str:
    """The name's slug, with a number behind it when another workflow of the team has it."""
    wanted = slug_of(name)
    taken = await repository.slugs_like(session, team_id, wanted) - {own}
    number, slug = 1, wanted
    while slug in taken:
        number += 1
        slug = f"{wanted}-{number}"
    return slug


async def follow(session: Session, workflow: Workflow, meta: tuple[str, str]) -> None:
    """Give the workflow the name and description of its draft.

    The slug follows until the first publication; after that programs may rely on it.
    """
    name, description = meta[0].replace("\0", "")[:MAX_NAME].strip(), meta[1].replace("\0", "")
    if name and name != workflow.name:
        workflow.name = name
        if workflow.published_version_id is None:
            workflow.slug = await free_slug(session, workflow.team_id, name, workflow.slug)
    workflow.description = description
    session.add(workflow)
