"""The topics on which Quadrille itself tells what happens; nobody else tells anything there."""

RUNS, AGENTS, SYSTEM = "workflow.events", "agent.events", "system.events"
OWN = frozenset({RUNS, AGENTS, SYSTEM})
