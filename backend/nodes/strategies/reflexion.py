"""Answer, look at the answer critically, and try again with what was learned from it.

Source: Shinn and others, Reflexion: Language Agents with Verbal Reinforcement Learning, 2023 (arXiv:2303.11366).
"""

from backend.nodes.agent_work import Work
from backend.nodes.strategy import strategy

_CRITIC = (
    "You judge an answer to a task. Where it is right and complete, write ACCEPT alone. Otherwise say in a few sentences "
    "what is wrong and what to do differently next time."
)
_ACCEPT = "ACCEPT"


@strategy("Reflexion")
async def reflexion(work: Work) -> str:
    """The first answer that stands, or the last one after all rounds."""
    lessons: list[str] = []
    answer = await work.answer(work.opening())
    for _ in range(work.tuning.rounds):
        judged = await work.ask(_CRITIC, f"The task: {work.task}\n\nThe answer: {answer}")
        if judged.upper().startswith(_ACCEPT):
            break
        lessons.append(f"- {judged}")
        learned = "\n".join(["What was learned from earlier tries:", *lessons])
        answer = await work.answer(work.opening(learned))
    work.best = answer
    return answer
