"""Every address of the product, and how to build one; nothing else spells a path."""

from urllib.parse import urlencode

START = "/"
WORKFLOWS = "/workflows"
EDITOR = "/workflows/[workflow_id]"
WORKFLOW_HEALTH = "/workflows/[workflow_id]/health"
EVALUATION = "/workflows/[workflow_id]/evaluation"
MONITORING = "/monitoring"
RUNS = "/runs"
RUN = "/runs/[run_id]"
APPROVALS = "/approvals"
ALL_APPROVALS = "/approvals?show=all"
APPROVAL = "/approvals/[approval_id]"
DEAD_LETTERS = "/dead-letters"
DEAD_LETTER = "/dead-letters/[letter_id]"
NOTIFICATIONS = "/notifications"
UNREAD_NOTIFICATIONS = "/notifications?show=unread"
AGENTS = "/agents"
AGENT = "/agents/[agent_id]"
PLANS = "/plans"
PLAN = "/plans/[plan_id]"
MEMBERS = "/members"
SETTINGS = "/settings"
TOOL_SERVERS = "/settings/tool-servers"
SIGN_IN = "/sign-in"
JOIN = "/join/[token]"


def workflows(*, text: str = "") -> str:
    """The list of workflows, filtered by name."""
    return f"{WORKFLOWS}?{urlencode({'text': text})}" if text else WORKFLOWS


def workflow(workflow_id: str) -> str:
    """The editor of one workflow."""
    return f"{WORKFLOWS}/{workflow_id}"


def workflow_health(workflow_id: str) -> str:
    """How the nodes of one workflow do."""
    return f"{WORKFLOWS}/{workflow_id}/health"


def evaluation(workflow_id: str, **asked: str) -> str:
    """The evaluation of a workflow: a set, one evaluation of it, and the one before; empty ones are left out."""
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{WORKFLOWS}/{workflow_id}/evaluation" + (f"?{query}" if query else "")


def run(run_id: str) -> str:
    """The page of one run."""
    return f"{RUNS}/{run_id}"


def runs(*, workflow_id: str = "", status: str = "", text: str = "", **more: str) -> str:
    """The list of runs, filtered; empty filters are left out."""
    chosen = {"workflow": workflow_id, "status": status, "text": text, **more}
    query = urlencode({name: value for name, value in chosen.items() if value})
    return f"{RUNS}?{query}" if query else RUNS


def approvals(*, show: str = "") -> str:
    """The inbox; `show` is mine, groups or all."""
    return f"{APPROVALS}?{urlencode({'show': show})}" if show else APPROVALS


def approval(approval_id: str) -> str:
    """The page of one approval."""
    return f"{APPROVALS}/{approval_id}"


def dead_letters(*, status: str = "", reason: str = "", text: str = "") -> str:
    """The list of dead letters, filtered; empty filters are left out."""
    chosen = {"status": status, "reason": reason, "text": text}
    query = urlencode({name: value for name, value in chosen.items() if value})
    return f"{DEAD_LETTERS}?{query}" if query else DEAD_LETTERS


def dead_letter(letter_id: str) -> str:
    """The page of one dead letter."""
    return f"{DEAD_LETTERS}/{letter_id}"


def agent(agent_id: str) -> str:
    """The page of one agent."""
    return f"{AGENTS}/{agent_id}"


def plan(plan_id: str) -> str:
    """The page of one plan."""
    return f"{PLANS}/{plan_id}"


def planned_workflow(workflow_id: str, plan_id: str) -> str:
    """The editor of a workflow, with the diagram of a plan as a proposal."""
    return f"{workflow(workflow_id)}?{urlencode({'plan': plan_id})}"


def sign_in(*, after: str = "") -> str:
    """The sign-in page; it leads on to `after`, a path of ours."""
    return f"{SIGN_IN}?{urlencode({'next': after})}" if after.strip("/") else SIGN_IN


def provider(*, after: str = "", invitation: str = "") -> str:
    """Where signing in through the OpenID provider begins."""
    chosen = {"next": after, "invitation": invitation}
    query = urlencode({name: value for name, value in chosen.items() if value})
    return f"/auth/oidc?{query}" if query else "/auth/oidc"
