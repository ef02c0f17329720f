"""Ask the model, let it use tools until it needs none, and take its last words as the answer."""

from backend.nodes.agent_work import Work
from backend.nodes.strategy import strategy


@strategy("Direct")
async def direct(work: Work) -> str:
    """The plain loop of a model that calls tools."""
    return await work.answer(work.opening())
