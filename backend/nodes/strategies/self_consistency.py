"""Let the model reason several times on its own and take the answer that comes most often.

Source: Wang and others, Self-Consistency Improves Chain of Thought Reasoning in Language Models, 2022 (arXiv:2203.11171).
"""

import re
from collections import Counter
from collections.abc import Sequence
from functools import partial

from backend.nodes.agent_work import Work
from backend.nodes.strategies.chain_of_thought import RULE, concluded
from backend.nodes.strategy import strategy


@strategy("Self-consistency")
async def self_consistency(work: Work) -> str:
    """The answer of the majority; of equally many the one that was given first."""
    count = work.tuning.samples

    async def one(number: int) -> str:
        task = f"{work.task}\n\n(Attempt {number} of {count}: reason on your own.)"
        return concluded(await work.answer(work.opening(RULE, task)))

    work.best = voted(await work.ctx.together([partial(one, number) for number in range(1, count + 1)]))
    return work.best


def voted(answers: Sequence[str]) -> str:
    """The most frequent answer; case, spaces and a full stop at the end make no difference."""
    forms = [re.sub(r"\s+", " ", answer).strip().rstrip(".").lower() for answer in answers]
    most, _ = Counter(forms).most_common(1)[0]
    return answers[forms.index(most)]
