"""Trial runs of a part of a draft: with pins, mocks and the data of earlier runs in place of what is not played."""

from collections.abc import Mapping

from pydantic import JsonValue

from backend.core.db import Session
from backend.engine.acting import Acting, NodeMode
from backend.identity.principal import Principal
from backend.nodes.registry import all_kinds
from backend.runs import entry_form, last_data, limits, service, stand_ins, starting
from backend.runs.history import Entry
from backend.runs.schemas import RunPublic
from backend.runs.trial_schemas import LastData, StandIn, StartTrial
from backend.workflows import agents_named, trial, versions
from backend.workflows.diagram import Diagram, Node
from backend.workflows.models import Version

TRIGGER = "trial"


async def start(session: Session, by: Principal, workflow_id: str, wanted: StartTrial) -> RunPublic:
    """Start a run of a part of the draft; raises stand_ins.DataMissing with every node whose output has to be given."""
    by.require("run.start")
    by.require("run.payload")
    seen = await last_data.of(session, by, workflow_id, wanted.run_id)
    begun = _Trial(wanted, seen)
    version = await versions.trial(session, by, workflow_id, begun.part)
    given = wanted.input if wanted.input is not None else _input(version, seen)
    starting.require_small(given)
    run = starting.row(by, version, entry_form.checked(version, given), TRIGGER)
    run.calls = await agents_named.pinned(session, version, begun.cut.nodes)
    run.acting = begun.acting().model_dump(mode="json")
    starting.require_small(run.acting)
    limits.rank(run, "high")
    told = {"trigger": TRIGGER, "by": by.account_id, "name": wanted.how}
    await starting.store(session, run, Entry("run.queued", told))
    return await service.get(session, by, run.id)


class _Trial:
    """What is wanted, and what is known of the nodes before it."""

    cut: trial.Cut
    _modes: dict[str, NodeMode]

    def __init__(self, wanted: StartTrial, seen: LastData) -> None:
        self._wanted, self._source = wanted, seen.run_id
        self._seen = {item.node_id: item for item in seen.items if stand_ins.is_known(item)}

    def part(self, drawn: Diagram) -> Diagram:
        """The part of the draft that will be played."""
        plan = trial.plan(drawn, all_kinds(), self._wanted.node_id, self._wanted.how)
        nodes = {node.id: node for node in drawn.nodes}
        known = {
            one: found
            for one in plan.stand_ins
            if (found := self._known(nodes[one], plan.wired.get(one, ())))
        }
        self._require_enough(plan, known, nodes)
        self.cut = trial.cut(drawn, plan, {one: found.port for one, found in known.items()})
        self._modes = {one: NodeMode(mode="mocked", output=known[one].output) for one in self.cut.stand_ins}
        for one in plan.inside:
            if one in self._seen:
                self._modes[one] = NodeMode(mode="recorded")
        for one in self.cut.nodes:
            mock = nodes[one].mock
            if mock and mock.source == "last_run" and one in self._seen:
                self._modes.setdefault(one, stand_ins.mode(stand_ins.last(self._seen[one])))
        return trial.played(drawn, self.cut)

    def acting(self) -> Acting:
        """How the run is played."""
        recorded = any(mode.mode == "recorded" for mode in self._modes.values())
        return Acting(source=self._source or "" if recorded else "", modes=self._modes, cut=self.cut)

    def _known(self, node: Node, ports: tuple[str, ...]) -> StandIn | None:
        """What a node before gives: as asked, as pinned, as mocked, or as it last did; by a port that leads on."""
        found = self._wanted.data.get(node.id) or _own(node)
        if found is None and node.id in self._seen:
            found = stand_ins.last(self._seen[node.id])
        if found is None or not ports or found.port in ports:
            return found
        return StandIn(output=found.output, port=ports[0])

    def _require_enough(
        self, plan: trial.Plan, known: Mapping[str, StandIn], nodes: Mapping[str, Node]
    ) -> None:
        """Of the nodes that lead here, one at least: branches that were not taken give nothing."""
        wired = {one: nodes[one] for one in plan.wired}
        if wired and not known.keys() & wired.keys():
            stand_ins.require_all(wired, known, nodes)


def _own(node: Node) -> StandIn | None:
    if node.pinned is not None:
        return StandIn(output=node.pinned, port=node.pinned_port)
    if node.mock is not None and node.mock.source == "value":
        return StandIn(output=node.mock.output, port=node.mock.port)
    return None


def _input(version: Version, seen: LastData) -> JsonValue:
    """That of the run whose data is used, else the first sample."""
    if seen.run_id is not None:
        return seen.input
    samples: dict[str, JsonValue] = version.diagram.get("samples") or {}
    return next(iter(samples.values()), None)
