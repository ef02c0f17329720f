"""Ask a person of the team a question and wait for the answer, for days if need be."""

from typing import Any

from pydantic import Field, JsonValue

from backend.nodes.kind import NodeContext, Question
from backend.nodes.tool import Arguments, Bounds, Refused, tool

_FORM: dict[str, Any] = {
    "type": "object",
    "properties": {"answer": {"type": "string", "title": "Answer", "widget": "textarea", "minLength": 1}},
    "required": ["answer"],
    "additionalProperties": False,
}


class Wanted(Arguments):
    question: str = Field(min_length=1, max_length=2_000, description="One question, in a sentence or two.")
    background: str = Field(
        default="", max_length=10_000, description="What the person needs to know for it."
    )


@tool(title="Ask a person", waits=True)
async def ask_person(arguments: Wanted, ctx: NodeContext, bounds: Bounds) -> JsonValue:
    """What the person wrote."""
    asked = Question(
        title=arguments.question[:500],
        message="\n\n".join(filter(None, (arguments.question[500:], arguments.background))),
        form=_FORM,
        proposal={"answer": ""},
        roles=bounds.roles,
    )
    answer = await ctx.ask(asked)
    if answer.verdict != "approved":
        raise Refused(f"Nobody answered: the question was {answer.verdict}. {answer.comment}".strip())
    values = answer.values if isinstance(answer.values, dict) else {}
    return {"answer": values.get("answer", ""), "comment": answer.comment}
