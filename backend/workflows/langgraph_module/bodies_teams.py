"""What the functions of the kinds in which several agents work do in an exported module."""

from collections.abc import Callable
from typing import Any

from backend.workflows.langgraph_module import bodies_ai
from backend.workflows.langgraph_module import expressions as py
from backend.workflows.langgraph_module.bodies import Body


def _quality_gate(body: Body, config: Any) -> None:
    value = py.resolved(config.value) if config.value.strip() else body.passed_on
    body.lines.append(f"value = {value}")
    if config.by != "rules":
        body.remarks.append(f"lets nothing pass: its check by {config.by} does not come along")
        return body.give('Leave({"passed": False, "score": 0, "value": value}, "fail")')
    rules = ", ".join(f"({one.name!r}, {one.weight!r}, bool({py.value(one.holds)}))" for one in config.rules)
    body.lines += [
        f"rules = [{rules}]",
        "score = sum(weight for _, weight, holds in rules if holds) / sum(weight for _, weight, _ in rules)",
        'critique = "\\n".join(f"{name}: does not hold" for name, _, holds in rules if not holds)',
        f"passed = round(score, 4) >= {config.least!r}",
        'found = {"passed": passed, "score": round(score, 4), "value": value, "critique": critique}',
    ]
    return body.give('Leave(found, "pass" if passed else "fail")')


def _supervisor(body: Body, config: Any) -> None:
    body.remarks.append("asks its lead once: its workers, tools and limits do not come along")
    if config.agent:
        body.remarks.append(f"was led by the team's agent {config.agent}, whose settings do not come along")
    _asked_once(body, config.goal, config, config)


def _discussion(body: Body, config: Any) -> None:
    body.remarks.append("asks one of its agents once: the others and the protocol do not come along")
    if not config.members:
        return body.give('{"text": "", "said": []}')
    return _asked_once(body, config.topic, config.members[-1], config)


def _fuse(body: Body, config: Any) -> None:
    body.remarks.append("gives all results side by side: how they are fused does not come along")
    results = py.value(config.results) if config.results.strip() else f"came(state, {body.node.id!r})"
    body.give(f'{{"value": {results}}}')


def _rerank(body: Body, config: Any) -> None:
    body.remarks.append("keeps the first passages: their order by likeness or by a judge does not come along")
    body.lines.append(f"kept = list({py.value(config.passages)})[:{config.limit!r}]")
    body.give('{"passages": kept, "text": "\\n\\n".join(passage_texts(kept)), "best_score": None}')


def _index_text(body: Body, config: Any) -> None:
    body.remarks.append(f"stores nothing in {config.collection}: put your own index here")
    source, title = py.text(config.source), py.text(config.title)
    body.give(f'{{"collection": {config.collection!r}, "source": {source}, "title": {title}, "passages": 0}}')


def _asked_once(body: Body, prompt: str, who: Any, config: Any) -> None:
    body.lines.append(f"prompt = {py.text(prompt)}")
    asked = bodies_ai.Asked(who.model, who.script, config.temperature, config.answer_tokens)
    body.lines.append(f"reply = {bodies_ai.reply(body, asked, py.text(who.instructions), '[]')}")
    body.give("reply")


WRITERS: dict[str, Callable[[Body, Any], None]] = {
    "quality_gate": _quality_gate, "supervisor": _supervisor, "discussion": _discussion, "fuse": _fuse,
    "rerank": _rerank, "index_text": _index_text,
}  # fmt: skip
