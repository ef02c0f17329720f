"""Imports every module that declares tables, so that Alembic and the tests see all of them."""

from sqlmodel import SQLModel

from backend.agents import models as agents
from backend.approvals import models as approvals
from backend.dead_letters import models as dead_letters
from backend.engine import models as engine
from backend.evaluation import models as evaluation
from backend.identity import models as identity
from backend.knowledge import models as knowledge
from backend.monitoring import models as monitoring
from backend.notifications import models as notifications
from backend.outgoing import models as outgoing
from backend.planning import models as planning
from backend.planning import watch_models as plan_watch
from backend.runs import models as runs
from backend.tool_servers import models as tool_servers
from backend.workflows import models as workflows

__all__ = [
    "METADATA",
    "agents",
    "approvals",
    "dead_letters",
    "engine",
    "evaluation",
    "identity",
    "knowledge",
    "monitoring",
    "notifications",
    "outgoing",
    "plan_watch",
    "planning",
    "runs",
    "tool_servers",
    "workflows",
]

METADATA = SQLModel.metadata
