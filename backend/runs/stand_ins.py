"""What plays instead of nodes in runs of a draft: their last data where a mock says so."""

from collections.abc import Mapping
from typing import Any

from backend.core.db import Session
from backend.core.errors import Invalid, Problem
from backend.engine import values
from backend.engine.acting import Acting, NodeMode
from backend.identity.principal import Principal
from backend.runs import last_data
from backend.runs.models import RunFields
from backend.runs.trial_schemas import NodeData, StandIn
from backend.workflows import raw
from backend.workflows.diagram import Diagram, Node
from backend.workflows.models import Version


class DataMissing(Invalid):
    """Nothing is known of what nodes before would give; each problem names one."""

    code, title = "trial_data_missing", "Data is missing"


async def acting_of(
    session: Session, by: Principal, run: RunFields, version: Version
) -> dict[str, Any] | None:
    """How a whole draft is played whose mocks give what their nodes gave last; None where there are none."""
    if version.number is not None:
        return None
    mocks: list[dict[str, Any]] = [node.get("mock") or {} for node in raw.nodes(version.diagram)]
    if not any(mock.get("source") == "last_run" for mock in mocks):
        return None  # without reading the whole diagram: every run of a draft comes through here
    drawn = Diagram.model_validate(version.diagram)
    mocked = {node.id: node for node in drawn.nodes if node.mock and node.mock.source == "last_run"}
    seen = await last_data.of(session, by, run.workflow_id, None, frozenset(mocked))
    modes = {item.node_id: mode(last(item)) for item in seen.items if is_known(item)}
    require_all(mocked, modes, mocked)
    return Acting(modes=modes).model_dump(mode="json")


def require_all(wanted: Mapping[str, Node], known: Mapping[str, Any], nodes: Mapping[str, Node]) -> None:
    """Raise DataMissing with every wanted node that nothing is known of."""
    missing = [nodes[one] for one in wanted if one not in known]
    if not missing:
        return
    problems = [
        Problem(
            f"Nothing is known of what “{node.name or node.id}” gives.",
            f"nodes.{node.id}",
            "Run the workflow once, pin its output, or give it.",
            "trial_data_missing",
            node.id,
        )
        for node in missing
    ]
    raise DataMissing(problems[0].message, problems=problems)


def last(item: NodeData) -> StandIn:
    """What the node gave last."""
    return StandIn(output=item.output, port=item.port)


def is_known(item: NodeData) -> bool:
    """Values too big to be shown stay references, which are of no use here."""
    return item.status == "succeeded" and not values.sizes(item.output)


def mode(found: StandIn) -> NodeMode:
    """It is not played; it gives that."""
    return NodeMode(mode="mocked", output=found.output, port=found.port)
