"""Make a plan first, then do it step by step, each step with tools, and answer from what the steps gave.

Source: Wang and others, Plan-and-Solve Prompting, 2023 (arXiv:2305.04091), with tools in the steps.
"""

import re

from backend.nodes.agent_work import Work
from backend.nodes.strategy import strategy

MOST_STEPS = 12
_PLAN = "Do not solve the task yet. Write a plan for it: the fewest steps that are needed, each on a line of its own and numbered."
_STEP = "You carry out one step of a plan. Do this step alone and say what it gave."
_END = "The plan was carried out. Answer the task from what its steps gave."
_NUMBER = re.compile(r"^[ \t]*(?:\d+[.):]|[-*])\s*(.+)$", re.MULTILINE)


@strategy("Plan and execute")
async def plan_and_execute(work: Work) -> str:
    """The answer from the results of all steps."""
    plan = await work.ask(_PLAN, work.task)
    steps = [step.strip() for step in _NUMBER.findall(plan)][:MOST_STEPS] or [plan]
    done: list[str] = []
    for number, step in enumerate(steps, start=1):
        work.ctx.progress(f"Step {number} of {len(steps)}: {step[:200]}", (number - 1) / len(steps))
        so_far = "\n\n".join(["What the steps before gave:", *done]) if done else ""
        task = "\n\n".join(filter(None, (f"The task: {work.task}", so_far, f"Step {number}: {step}")))
        done.append(f"{number}. {step}\n{await work.answer(work.opening(_STEP, task))}")
    task = "\n\n".join([f"The task: {work.task}", "What the steps gave:", *done])
    work.best = await work.ask(_END, task)
    return work.best
