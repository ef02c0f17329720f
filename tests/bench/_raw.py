"""What the figures are measured against: the same graphs in plain LangGraph, which stores nothing."""

import asyncio
from typing import Annotated, Any, TypedDict

from langgraph.graph import START, StateGraph


class State(TypedDict):
    """One value that every node replaces."""

    said: Annotated[str, lambda _old, new: new]


def chain(steps: int, saver: Any = None, first_waits: float = 0) -> Any:
    """Nodes that do nothing, one after the other."""

    def node(number: int) -> Any:
        async def play(state: State) -> State:
            if first_waits and number == 0:
                await asyncio.sleep(first_waits)
            return {"said": f"n{number}"}

        return play

    graph = StateGraph(State)
    for number in range(steps):
        graph.add_node(f"n{number}", node(number))
        graph.add_edge(f"n{number - 1}" if number else START, f"n{number}")
    return graph.compile(checkpointer=saver)
