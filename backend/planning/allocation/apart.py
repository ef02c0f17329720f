"""Allocates in a process of its own: the web process neither waits nor keeps the solver in its memory."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import Sequence

from backend.core.errors import Outage
from backend.planning.allocation.values import Allocation, Candidate, CannotAllocate, Limits, WorkItem
from backend.planning.allocation.wire import ANSWER, QUESTION, Question, Refused

MOST_SECONDS = 60
"""The solver stops by itself long before; a process that does not is ended."""


async def allocate_apart(
    tasks: Sequence[WorkItem], candidates: Sequence[Candidate], limits: Limits | None = None
) -> Allocation:
    """The same as `allocate`, without keeping anybody waiting."""
    question = QUESTION.dump_json(Question(tuple(tasks), tuple(candidates), limits or Limits()))
    module = "backend.planning.allocation.answering"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    try:
        async with asyncio.timeout(MOST_SECONDS):
            answer, said = await process.communicate(question)
    except TimeoutError:
        raise Outage("The allocation took too long.", fix="Plan fewer tasks at once.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        last = said.decode(errors="replace").strip().splitlines()[-1:]
        raise Outage(f"The allocation ended early: {last[0] if last else 'no word'}.", fix="Try again.")
    found = ANSWER.validate_json(answer)
    if isinstance(found, Refused):
        raise CannotAllocate(
            found.limit, found.message, found.fix, task=found.task, capability=found.capability
        )
    return found
