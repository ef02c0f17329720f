"""Let work pass that is good enough: by rules, by its form, by a judge, or by its likeness to a reference.

It says how good the work is, from 0 to 1, and why. Inside a Loop, `previous.passed` ends the rounds and `previous.critique`
tells the next one what to do better; wire `fail` to an approval and a person decides.
"""

import math
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, JsonValue, model_validator

from backend.core import forms, json
from backend.core.errors import Invalid
from backend.nodes.fields import Part, only_input, resolved
from backend.nodes.gives import Gives
from backend.nodes.judging import Judge, judged
from backend.nodes.kind import Expression, NodeConfig, NodeContext, Step, Template, node

By = Literal["rules", "form", "judge", "likeness"]
_LEAST: dict[By, float] = {"rules": 1.0, "form": 1.0, "judge": 0.7, "likeness": 0.6}


class Criterion(Part):
    """Something that must hold."""

    name: str = Field(title="Name", min_length=1, max_length=200, description="Told where it does not hold.")
    holds: Expression = Field(
        title="Holds when", min_length=1, description="For example len(nodes.write.text) < 500."
    )
    weight: float = Field(default=1, title="Weight", gt=0, le=1000, description="Its share of the score.")


class Likeness(Part):
    """What the work has to be like."""

    references: tuple[Template, ...] = Field(
        default=(), title="References", max_length=20, description="Texts that are good; the nearest counts."
    )


@dataclass(frozen=True)
class Finding:
    """What one look at the work gave."""

    what: str
    score: float
    why: str
    weight: float = 1

    def plain(self, least: float) -> dict[str, JsonValue]:
        """As it stands in the output."""
        return {"what": self.what, "passed": self.score >= least, "score": self.score, "why": self.why}


class Config(NodeConfig):
    value: Template = Field(
        default="", title="What is checked", description="{{ nodes.write.text }}; empty means what came in."
    )
    by: By = Field(
        default="rules", title="Check by", description="Expressions, a JSON Schema, a model, or embeddings."
    )
    rules: tuple[Criterion, ...] = Field(
        default=(), title="Rules", max_length=50, description="The score is the weight of those that hold."
    )
    form: dict[str, Any] = Field(
        default={},
        title="JSON Schema",
        description="What the work must fit; a text is read as JSON first.",
        json_schema_extra={"widget": "json"},
    )
    judge: Judge = Field(default=Judge(), title="Judge", description="A model that gives 0 to 10.")
    likeness: Likeness = Field(
        default=Likeness(), title="Likeness", description="By the embedded model: the same topic and words."
    )
    min_score: float | None = Field(
        default=None,
        title="Least score",
        ge=0,
        le=1,
        description="From 0 to 1. Empty: 1 for rules and form, 0.7 of a judge, 0.6 of likeness.",
    )

    @model_validator(mode="after")
    def _checks_something(self) -> "Config":
        if self.by == "rules" and not self.rules:
            raise ValueError("add at least one rule")
        if self.by == "form":
            if not self.form:
                raise ValueError("enter the JSON Schema")
            if wrong := forms.form_problems(self.form, "form"):
                raise ValueError(wrong[0].message)
        if self.by == "judge" and (missing := self.judge.missing()):
            raise ValueError(missing)
        if self.by == "likeness" and not any(one.strip() for one in self.likeness.references):
            raise ValueError("add at least one reference")
        return self

    @property
    def least(self) -> float:
        """The score that passes."""
        return _LEAST[self.by] if self.min_score is None else self.min_score


GIVES = Gives(
    fields={"passed": "boolean", "score": "number", "least": "number", "value": "any", "critique": "text", "evidence": "list"}
)  # fmt: skip


@node(
    title="Quality gate",
    group="AI",
    icon="badge-check",
    ports=("pass", "fail"),
    summary="by",
    effects=("external", "money"),
    resumes=True,
    synonyms=("check", "validate", "evaluate", "score", "judge", "schema"),
)
async def quality_gate(config: Config, ctx: NodeContext) -> Step:
    """Pass or fail, with the evidence."""
    value = await resolved(ctx, config.value) if config.value.strip() else only_input(ctx)
    found = await _found(config, ctx, value)
    weight = math.fsum(one.weight for one in found)
    score = round(math.fsum(one.score * one.weight for one in found) / weight, 4)
    passed = score >= config.least
    at = 1.0 if config.by == "rules" else config.least
    faults = [one.why or one.what for one in found if one.score < at]
    output: dict[str, JsonValue] = {
        "passed": passed,
        "score": score,
        "least": config.least,
        "value": value,
        "critique": "\n".join(faults),
        "evidence": [one.plain(at) for one in found],
    }
    return Step(output, leave_by="pass" if passed else "fail")


async def _found(config: Config, ctx: NodeContext, value: JsonValue) -> list[Finding]:
    if config.by == "rules":
        return [await _rule(ctx, one) for one in config.rules]
    if config.by == "form":
        return [_form(config.form, value)]
    if config.by == "judge":
        verdict = await judged(ctx, config.judge, value)
        return [Finding("judge", verdict.score, "\n".join(verdict.reasons))]
    return [await _likeness(ctx, config.likeness, value)]


async def _rule(ctx: NodeContext, rule: Criterion) -> Finding:
    holds = bool(await ctx.value(rule.holds))
    return Finding(rule.name, float(holds), "" if holds else f"{rule.name}: does not hold", rule.weight)


def _form(schema: dict[str, Any], value: JsonValue) -> Finding:
    if isinstance(value, str):
        try:
            value = json.parse(value.strip(), "the work")
        except json.NotJson:
            return Finding("form", 0.0, "It is not JSON.")
    wrong = forms.problems(schema, value, "value")
    return Finding("form", float(not wrong), "\n".join(f"{one.place}: {one.message}" for one in wrong[:20]))


async def _likeness(ctx: NodeContext, wanted: Likeness, value: JsonValue) -> Finding:
    references = [text for one in wanted.references if (text := (await ctx.text(one)).strip())]
    text = value if isinstance(value, str) else json.dumps(value)
    if not references or not text.strip():
        raise Invalid("There is nothing to compare.", fix="Check what the node's fields refer to.")
    asked, *known = await ctx.embed([text, *references])
    scores = [math.fsum(a * b for a, b in zip(asked, one, strict=True)) for one in known]
    best = max(range(len(scores)), key=lambda n: scores[n])
    score = round(min(1.0, max(0.0, scores[best])), 4)
    return Finding("likeness", score, f"{score:.2f} like “{references[best][:200]}”")
