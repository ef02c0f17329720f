"""Follow several lines of thought at once, judge them after each step, and go on with the best ones.

Source: Yao and others, Tree of Thoughts: Deliberate Problem Solving with Large Language Models, 2023 (arXiv:2305.10601);
breadth-first, with each thought scored by itself from 0 to 10.
"""

import re
from functools import partial

from backend.nodes.agent_work import Work
from backend.nodes.strategy import strategy

_PROPOSE = "Propose {count} different next steps of thought, each on a line of its own and numbered. Do not answer the task yet."
_SCORE = "Judge how promising a line of thought is for the task. Answer with a number from 0 (hopeless) to 10 (certain) alone."
_END = "Answer the task along this line of thought."
_NUMBERED = re.compile(r"^[ \t]*(?:\d+[.):]|[-*])\s*(.+)$", re.MULTILINE)
_SCORED = re.compile(r"\d+(?:\.\d+)?")
Thoughts = tuple[str, ...]


@strategy("Tree of thoughts")
async def tree_of_thoughts(work: Work) -> str:
    """The answer along the best line."""
    lines: list[Thoughts] = [()]
    for level in range(work.tuning.depth):
        work.ctx.progress(f"Level {level + 1} of {work.tuning.depth}", level / work.tuning.depth)
        grown = await work.ctx.together([partial(_grown, work, line) for line in lines])
        candidates = [line for found in grown for line in found]
        if not candidates:
            break
        scores = await work.ctx.together([partial(_score, work, line) for line in candidates])
        order = sorted(
            range(len(candidates)), key=lambda n: -scores[n]
        )  # stable: equal ones stay in their order
        lines = [candidates[n] for n in order[: work.tuning.breadth]]
        work.best = "\n".join(lines[0])
    work.best = await work.answer(work.opening(_END, _told(work.task, lines[0])))
    return work.best


async def _grown(work: Work, line: Thoughts) -> list[Thoughts]:
    said = await work.ask(_PROPOSE.format(count=work.tuning.breadth), _told(work.task, line))
    found = [one.strip() for one in _NUMBERED.findall(said)] or ([said] if said else [])
    return [(*line, one) for one in found[: work.tuning.breadth]]


async def _score(work: Work, line: Thoughts) -> float:
    said = _SCORED.search(await work.ask(_SCORE, _told(work.task, line)))
    return min(float(said.group()), 10.0) if said else 0.0


def _told(task: str, line: Thoughts) -> str:
    if not line:
        return f"The task: {task}"
    return "\n".join([f"The task: {task}", "", "The line of thought so far:", *(f"- {one}" for one in line)])
