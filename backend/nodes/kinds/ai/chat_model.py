"""Ask a language model.

`scripted/extractive` works offline: it writes nothing of its own and puts together an answer from the sentences of the
given passages that share most words with the prompt. `scripted/script` plays the node's script, for tests and templates.
`openvino:NAME` is a language model from a folder of the operator's and stays on this installation, too. All
others are providers' models, named `openai:MODEL`, `anthropic:MODEL`, or `compatible:MODEL` for the operator's own
OpenAI-compatible server; they need a key among the team's secrets, and the prompt leaves this machine.
`tried` of the result names the models that failed before one of the fallbacks answered; `cost` is in dollars, and missing
where the model's price is not known.
"""

import re
from typing import Literal

from pydantic import Field, JsonValue, model_validator

from backend.core import json
from backend.core.errors import Invalid
from backend.nodes import passages
from backend.nodes.gives import Gives
from backend.nodes.kind import (
    ChatMessage,
    Code,
    Expression,
    ModelName,
    NodeConfig,
    NodeContext,
    Step,
    Template,
    node,
)


class Config(NodeConfig):
    model: ModelName = Field(
        default="scripted/extractive",
        title="Model",
        min_length=1,
        description="scripted/extractive, scripted/script, openai:…, anthropic:…, compatible:… or openvino:….",
    )
    fallbacks: tuple[str, ...] = Field(
        default=(),
        title="Fallback models",
        max_length=10,
        description="Asked in their order when the model is busy (429), fails (5xx) or does not answer in time.",
        json_schema_extra={"advanced": True},
    )
    system: Template = Field(
        default="", title="Instructions", description="Who the model is and how it must answer."
    )
    prompt: Template = Field(
        title="Prompt", min_length=1, description="The question, for example {{ input.text }}."
    )
    passages: Expression = Field(
        default="",
        title="Passages",
        description="An expression that gives texts to answer from, such as nodes.retrieve.passages.",
    )
    answer: Literal["text", "json"] = Field(
        default="text",
        title="Answer as",
        description="JSON is read into `data`; anything else then fails the step.",
    )
    script: Code = Field(
        default="",
        title="Script",
        description="For scripted/script: YAML with `turns`, each `say` and optionally `when`, `delay_seconds`, `words_per_second`, `fail`.",
    )
    temperature: float = Field(
        default=0.2,
        title="Temperature",
        ge=0,
        le=2,
        description="0 is the most predictable.",
        json_schema_extra={"advanced": True},
    )
    max_tokens: int = Field(
        default=1024,
        title="Longest answer, tokens",
        ge=1,
        le=200_000,
        description="Upper bound.",
        json_schema_extra={"advanced": True},
    )

    @model_validator(mode="after")
    def _script_given(self) -> "Config":
        if "scripted/script" in (self.model, *self.fallbacks) and not self.script.strip():
            raise ValueError("enter the script that the model plays")
        return self


GIVES = Gives(
    fields={
        "text": "text",
        "model": "text",
        "input_tokens": "number",
        "output_tokens": "number",
        "cost": "number",
    },
    closed=False,
)


@node(
    title="Chat model",
    group="AI",
    icon="message-square",
    summary="model",
    effects=("external", "money"),
    synonyms=("llm", "prompt", "gpt", "claude", "answer", "ask"),
    takes="text",
)
async def chat_model(config: Config, ctx: NodeContext) -> Step:
    """The model's answer and what it cost."""
    given = await passages.texts(ctx, config.passages)
    prompt = await ctx.text(config.prompt)
    messages = [ChatMessage(role="user", content=passages.beside(prompt, given, config.model))]
    if system := (await ctx.text(config.system)).strip():
        messages.insert(0, ChatMessage(role="system", content=system))
    options: dict[str, JsonValue] = {"temperature": config.temperature, "max_tokens": config.max_tokens}
    if given:
        options["passages"] = list(given)
    if config.fallbacks:
        options["fallbacks"] = list(config.fallbacks)
    if "scripted/script" in (config.model, *config.fallbacks):
        options |= {"script": config.script, "attempt": ctx.attempt}
    reply = await ctx.chat(config.model, messages, options)
    found: dict[str, JsonValue] = dict(reply.model_dump(mode="json"))
    if config.answer == "json":
        found["data"] = _data(reply.text)
    return Step(found)


def _data(text: str) -> JsonValue:
    fenced = re.search(r"```(?:json)?\s*(.*?)```", text, re.DOTALL)
    try:
        return json.parse(fenced.group(1) if fenced else text, "the model's answer")
    except json.NotJson as wrong:
        raise Invalid(
            f"The model did not answer in JSON: {text[:200]}",
            fix="Ask for JSON only in the instructions, or retry.",
        ) from wrong
