"""Everybody looks at one board and writes on it what it can add, or passes; the chair says when the problem is solved.

Source: Erman and others, The Hearsay-II Speech-Understanding System, ACM Computing Surveys 12(2), 1980
(doi:10.1145/356810.356816). In each round all see the same board, and what they write is put on it in their order, so that
nobody's writing depends on who was quicker.
"""

from functools import partial
from typing import Any

from backend.nodes.protocol import Talk, protocol

NOTHING = "PASS"
_WRITE = (
    "You work with others at a board. Write on it the one thing that you can add to the solution: a fact, a step, or what is wrong "
    f"with something there. Where you can add nothing, write {NOTHING} alone."
)
_CONTROL = (
    "You watch the board. Answer with JSON: `solved`, whether what stands there solves the problem; `answer`, the solution "
    "as far as it can be read off the board; `reason`, what is missing, or why it is solved."
)
_STATE: dict[str, Any] = {
    "type": "object",
    "properties": {"solved": {"type": "boolean"}, "answer": {"type": "string"}, "reason": {"type": "string"}},
    "required": ["solved", "answer", "reason"],
}


@protocol("Blackboard", least=1)
async def blackboard(talk: Talk) -> str:
    """The solution as the chair reads it off the board."""
    for _ in talk.in_rounds():
        board, writers = talk.transcript(), talk.speakers
        texts = await talk.team.ctx.together([partial(_written, talk, who, board) for who in writers])
        added = [(who, text) for who, text in zip(writers, texts, strict=True) if text and text != NOTHING]
        for who, text in added:
            await talk.hear(who, text, sort="notes", to="board")
        state = await talk.decide(_CONTROL, talk.transcript(), _STATE)
        talk.best = state["answer"]
        talk.more = {"solved": state["solved"], "reason": state["reason"]}
        await talk.team.tell("judges", talk.chair, "all", state["answer"], state["reason"])
        if state["solved"] or not added:
            break
    return talk.best


async def _written(talk: Talk, who: str, board: str) -> str:
    work = await talk.work(who, talk.about(board))
    return (await work.answer(work.opening(_WRITE))).strip()
