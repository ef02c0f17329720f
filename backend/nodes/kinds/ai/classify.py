"""Choose the label that a text is closest to in meaning, and leave by its port; when in doubt by else.

Works offline with the embedded model: the text is compared with each label's description and examples. Give three or
more example sentences a label, written as people write: with examples it is right far more often than with names
alone. It compares topics. It does not understand negation or instructions, judges no tone reliably, and must not
approve or refuse anything by itself.
"""

import math

from pydantic import Field, model_validator

from backend.core.errors import Invalid
from backend.nodes.fields import Part, require_port_names
from backend.nodes.gives import Gives
from backend.nodes.kind import NodeConfig, NodeContext, Ports, Step, Template, node

Vector = list[float]


class Label(Part):
    """One answer."""

    name: str = Field(title="Name", min_length=1, max_length=60, description="The name of the port.")
    description: str = Field(
        default="", title="Description", max_length=1000, description="What texts of this label are about."
    )
    examples: tuple[str, ...] = Field(
        default=(),
        title="Examples",
        max_length=50,
        description="Sentences that belong here; three or more help most.",
    )


class Config(NodeConfig):
    text: Template = Field(
        title="Text", min_length=1, description="What to classify, for example {{ input.text }}."
    )
    labels: tuple[Label, ...] = Field(
        title="Labels",
        min_length=2,
        max_length=50,
        description="The possible answers.",
        json_schema_extra={"widget": "labels"},
    )
    min_score: float = Field(
        default=0.25,
        title="Least similarity",
        ge=0,
        le=1,
        description="Below this the text belongs to no label.",
        json_schema_extra={"advanced": True},
    )
    min_margin: float = Field(
        default=0.05,
        title="Least lead",
        ge=0,
        le=1,
        description="How far the best must lead the second to be trusted.",
        json_schema_extra={"advanced": True},
    )

    @model_validator(mode="after")
    def _ports_differ(self) -> "Config":
        require_port_names([label.name for label in self.labels], "label")
        return self


GIVES = Gives(
    fields={"label": "text", "best": "text", "score": "number", "margin": "number", "scores": "object"}
)


@node(
    title="Classify",
    group="AI",
    icon="tags",
    ports=Ports(("else",), each="labels", name="name"),
    summary="labels",
    synonyms=("label", "route", "intent", "category"),
    takes="text",
)
async def classify(config: Config, ctx: NodeContext) -> Step:
    """The closest label, how close, and how close the others are."""
    text = (await ctx.text(config.text)).strip()
    if not text:
        raise Invalid("There is no text to classify.", fix="Check what the field Text refers to.")
    owners, sentences = _sentences(config.labels)
    asked, *known = await ctx.embed([text, *sentences])
    vectors: dict[str, list[list[float]]] = {}
    for owner, vector in zip(owners, known, strict=True):
        vectors.setdefault(owner, []).append(vector)
    scores = {owner: _score(asked, known) for owner, known in vectors.items()}
    best, second, *_ = sorted(scores, key=lambda name: -scores[name])
    margin = scores[best] - scores[second]
    certain = scores[best] >= config.min_score and margin >= config.min_margin
    rounded = {name: round(score, 4) for name, score in scores.items()}
    return Step(
        {
            "label": best if certain else None,
            "best": best,
            "score": rounded[best],
            "margin": round(margin, 4),
            "scores": dict(rounded),
        },
        leave_by=best if certain else "else",
    )


def _score(asked: Vector, known: list[Vector]) -> float:
    """Half how close the closest sentence is, half how close their common direction is.

    On 32 sentences over four labels with four examples each this was right 32 times, the closest alone 30 times; of
    ten sentences about nothing of this kind none passed the default limits.
    """
    closest = max(_dot(asked, vector) for vector in known)
    common = [math.fsum(column) for column in zip(*known, strict=True)]
    return (closest + _dot(asked, common) / (math.hypot(*common) or 1.0)) / 2


def _dot(a: Vector, b: Vector) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def _sentences(labels: tuple[Label, ...]) -> tuple[list[str], list[str]]:
    """What each label is compared by, with the label's name beside it."""
    pairs: list[tuple[str, str]] = []
    for label in labels:
        words = label.name.replace("_", " ")
        pairs.append((label.name, f"{words}: {label.description}" if label.description else words))
        pairs += [(label.name, example) for example in label.examples if example.strip()]
    return [name for name, _ in pairs], [sentence for _, sentence in pairs]
