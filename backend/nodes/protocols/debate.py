"""Everybody argues against the others, at the same time in each round; the chair judges, and ends it once it is convinced.

Source: Du and others, Improving Factuality and Reasoning in Language Models through Multiagent Debate, 2023
(arXiv:2305.14325), with the judge that may end it early of Liang and others, Encouraging Divergent Thinking in Large Language
Models through Multi-Agent Debate, 2023 (arXiv:2305.19118).
"""

from functools import partial
from typing import Any

from backend.nodes.protocol import Talk, protocol

_OPEN = "You take part in a debate. State your answer and the best reason for it, in a few sentences."
_ARGUE = "You take part in a debate. Answer the others: where they are right say so, where they are wrong say why. Then give your answer."
_JUDGE = (
    "You judge a debate by its arguments, not by who speaks. Answer with JSON: `decided`, whether one side has convinced you; "
    "`winner`, its name, or an empty text; `answer`, the right answer as you see it now; `reason`, why."
)
_VERDICT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "decided": {"type": "boolean"},
        "winner": {"type": "string"},
        "answer": {"type": "string"},
        "reason": {"type": "string"},
    },
    "required": ["decided", "winner", "answer", "reason"],
}


@protocol("Debate with a judge")
async def debate(talk: Talk) -> str:
    """The answer that the judge holds for right."""
    for _ in talk.in_rounds():
        rule, heard = (_OPEN if talk.round == 1 else _ARGUE), talk.transcript()
        texts = await talk.team.ctx.together(
            [partial(_argued, talk, who, rule, heard) for who in talk.speakers]
        )
        for who, text in zip(talk.speakers, texts, strict=True):
            await talk.hear(who, text)
        verdict = await talk.decide(_JUDGE, talk.transcript(), _VERDICT)
        talk.best = verdict["answer"]
        talk.more = {"winner": verdict["winner"], "reason": verdict["reason"], "decided": verdict["decided"]}
        to = verdict["winner"] or "all"
        await talk.team.tell("judges", talk.chair, to, verdict["answer"], verdict["reason"])
        if verdict["decided"]:
            break
    return talk.best


async def _argued(talk: Talk, who: str, rule: str, heard: str) -> str:
    work = await talk.work(who, talk.about(heard))
    return (await work.answer(work.opening(rule))).strip()
