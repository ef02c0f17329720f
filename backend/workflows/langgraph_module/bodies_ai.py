"""What the functions of the AI kinds do in an exported module."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from backend.core.errors import QuadrilleError
from backend.inference import chat_scripted
from backend.workflows.langgraph_module import expressions as py
from backend.workflows.langgraph_module.bodies import Body


def _chat_model(body: Body, config: Any) -> None:
    passages = _passages(config)
    system = py.text(config.system)
    body.lines += [f"prompt = {py.text(config.prompt)}"]
    body.lines.append(f"reply = {reply(body, config, system, passages)}")
    body.give("json_answer(reply)" if config.answer == "json" else "reply")


def _passages(config: Any) -> str:
    return f"passage_texts({py.value(config.passages)})" if config.passages.strip() else "[]"


def reply(body: Body, config: Any, system: str, passages: str) -> str:
    """The source of a model's answer to `prompt`."""
    if config.model == "scripted/extractive":
        return f"extractive({system}, prompt, {passages})"
    if config.model == "scripted/script":
        return f"scripted({_turns(body, config.script)!r}, {system}, prompt)"
    asked = "prompt" if passages == "[]" else f"with_passages(prompt, {passages})"
    body.remarks.append(
        f"asks {config.model} at the OpenAI-compatible server of OPENAI_BASE_URL with the key OPENAI_API_KEY"
    )
    bounds = f"temperature={config.temperature!r}, max_tokens={config.max_tokens!r}"
    return f"chat({config.model!r}, {system}, {asked}, {bounds})"


def _turns(body: Body, script: str) -> list[dict[str, Any]]:
    try:
        turns = chat_scripted.read(script).turns
    except QuadrilleError:
        body.remarks.append("has a script that cannot be read, so that no turn of it is left")
        return []
    return [turn.model_dump(exclude_defaults=True) for turn in turns]


def _classify(body: Body, config: Any) -> None:
    body.remarks.append(
        "compares by the embeddings of your server (EMBEDDING_MODEL): the same limits mean other scores"
    )
    labels: dict[str, list[str]] = {}
    for label in config.labels:
        words = label.name.replace("_", " ")
        first = f"{words}: {label.description}" if label.description else words
        labels[label.name] = [first, *(one for one in label.examples if one.strip())]
    body.lines.append(f"labels = {labels!r}")
    body.give(f"classified({py.text(config.text)}, labels, {config.min_score!r}, {config.min_margin!r})")


def _guard(body: Body, config: Any) -> None:
    if config.phrases:
        body.remarks.append("turns no phrases away: look for them before")
    bounds = f"{list(config.find)!r}, {config.on_found!r}, {config.max_length!r}"
    body.give(f"guarded({py.text(config.text)}, {bounds})")


def _retrieve(body: Body, config: Any) -> None:
    body.remarks.append(
        f"looks into the collection {config.collection}, for which `search` has to be filled in"
    )
    if config.found_by != "meaning":
        body.remarks.append(f"looks by {config.found_by}, of which `search` is not told")
    body.lines += [
        f"found = search({config.collection!r}, {py.text(config.query)}, {config.limit!r})",
        f'passages = [one for one in found if one["score"] >= {config.least!r}]',
        'best = round(passages[0]["score"], 4) if passages else None',
        'whole = "\\n\\n".join(one["text"] for one in passages)',
    ]
    body.give('{"passages": passages, "text": whole, "best_score": best}')


def _agent(body: Body, config: Any) -> None:
    """One question to its model: the loop of tools, limits and strategies are Quadrille's own."""
    body.remarks.append("asks its model once: its tools, its limits and its strategy do not come along")
    if config.agent:
        body.remarks.append(f"was the team's agent {config.agent}, whose settings do not come along")
    if config.mask or config.never_say:
        body.remarks.append("does not keep its guardrails")
    if config.output_schema:
        body.remarks.append("does not bring its answer into the form of its JSON Schema")
    rules = "\n\n".join(
        filter(None, (config.role and f"You are {config.role}.", config.goal, config.instructions))
    )
    body.lines += [f"prompt = {py.text(config.task)}"]
    asked = Asked(config.model, config.script, config.temperature, config.answer_tokens)
    body.lines.append(f"reply = {reply(body, asked, py.text(rules), _passages(config))}")
    body.give("reply")


@dataclass(frozen=True)
class Asked:
    """An agent's settings as those of a chat model."""

    model: str
    script: str
    temperature: float
    max_tokens: int


WRITERS: dict[str, Callable[[Body, Any], None]] = {
    "agent": _agent, "chat_model": _chat_model, "classify": _classify, "guard": _guard, "retrieve": _retrieve,
}  # fmt: skip
