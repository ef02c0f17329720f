"""The LangGraph side of a program: one StateGraph a version, whose one node plays the diagram as a dataflow region."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypedDict

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph  # pyright: ignore[reportMissingTypeStubs]
from langgraph.graph.state import CompiledStateGraph  # pyright: ignore[reportMissingTypeStubs]
from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt

from backend.engine.ir import Program


class PlayState(TypedDict, total=False):
    """What LangGraph keeps of a run: which program it plays, and how it ended. Values are in the journal."""

    program: str
    status: str


@dataclass(frozen=True)
class Hands:
    """What the graph's node needs of the run at hand; LangGraph hands it through as its runtime context."""

    play: Callable[[Program], Awaitable[str | None]]
    """Plays until the run has ended, giving its status, or can go on only later, giving None."""
    standstill: Callable[[], dict[str, Any]]
    """What the run stands still for."""


Graph = CompiledStateGraph[PlayState, Hands, PlayState, PlayState]


def build(program: Program, saver: BaseCheckpointSaver[int]) -> Graph:
    """Compile the program to a graph that keeps its checkpoints with the saver."""

    async def play(state: PlayState, runtime: Runtime[Hands]) -> Command[Any]:
        status = await runtime.context.play(program)
        if status is None:
            interrupt(runtime.context.standstill())
        return Command(update={"status": status}, goto=END)

    graph = StateGraph(PlayState, context_schema=Hands)
    graph.add_node("play", play)  # pyright: ignore[reportUnknownMemberType]
    graph.add_edge(START, "play")
    return graph.compile(checkpointer=saver, name=program.digest[:12])  # pyright: ignore[reportUnknownMemberType]
