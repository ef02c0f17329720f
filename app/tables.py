"""Imports every module that declares tables, so that Alembic and the tests see all of them."""

from sqlmodel import SQLModel

from backend.approvals import models as approvals
from backend.dead_letters import models as dead_letters
from backend.engine import models as engine
from backend.identity import models as identity
from backend.knowledge import models as knowledge
from backend.runs import models as runs
from backend.workflows import models as workflows

__all__ = ["METADATA", "approvals", "dead_letters", "engine", "identity", "knowledge", "runs", "workflows"]

METADATA = SQLModel.metadata
