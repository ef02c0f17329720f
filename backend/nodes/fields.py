"""Parts that the settings of several kinds share: fields of forms, named values, and names that become ports."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from backend.core import forms
from backend.nodes import templates
from backend.nodes.kind import NodeContext, Template
from backend.outgoing.topics import OWN

NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,62}$"
FieldName = Annotated[str, Field(pattern=NAME)]
FieldType = Literal["text", "long_text", "number", "boolean", "choice", "json"]
RESERVED_PORTS = frozenset({"else", "error", "in", "out"})


class Part(BaseModel):
    """Base of what stands in lists of a kind's settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _a_form(value: dict[str, Any]) -> dict[str, Any]:
    if wrong := forms.form_problems(value, "form"):
        raise ValueError(wrong[0].message)
    return value


EventForm = Annotated[
    dict[str, Any],
    AfterValidator(_a_form),
    Field(title="JSON Schema of the data", json_schema_extra={"widget": "json", "advanced": True}),
]
"""The type of an event, that who emits it and who waits for it name alike; empty means anything."""


def _free(topic: str) -> str:
    if topic in OWN:
        raise ValueError(f"{topic} is told by Quadrille alone; choose another topic")
    return topic


OwnTopic = Annotated[str, AfterValidator(_free)]
"""A topic on which a team may tell something."""


class FormField(Part):
    """One field of a form that people or programs fill in."""

    name: FieldName = Field(title="Name", description="How expressions read it, for example `input.amount`.")
    type: FieldType = Field(default="text", title="Type", description="What may be entered.")
    label: str = Field(
        default="", title="Label", max_length=200, description="Words beside the field; empty means its name."
    )
    help: str = Field(default="", title="Help", max_length=1000, description="A sentence under the field.")
    required: bool = Field(default=False, title="Required", description="Whether it must be filled in.")
    default: JsonValue = Field(
        default=None,
        title="Default",
        description="What it holds at first, in the form of its type.",
        json_schema_extra={"widget": "json"},
    )
    choices: tuple[str, ...] = Field(
        default=(), title="Choices", max_length=200, description="For the type choice."
    )

    @model_validator(mode="after")
    def _choices_fit(self) -> "FormField":
        if self.type == "choice" and not self.choices:
            raise ValueError(f"the field “{self.name}” needs at least one choice")
        if self.type == "choice" and self.default is not None and self.default not in self.choices:
            raise ValueError(f"the default of “{self.name}” is not among its choices")
        return self


class Assignment(Part):
    """A name and its value. A value that is exactly one `{{ expression }}` keeps its type; else it is text."""

    name: FieldName = Field(title="Name", description="Letters, digits and underscores.")
    value: Template = Field(
        default="",
        title="Value",
        description="Text with {{ expressions }}; one expression alone keeps its type.",
    )


class Header(Part):
    """A header of a request."""

    name: str = Field(
        title="Name",
        pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,200}$",
        description="For example Accept-Language.",
    )
    value: Template = Field(default="", title="Value", description="Text with {{ expressions }}.")


async def resolved(ctx: NodeContext, template: str) -> JsonValue:
    """The value that a template stands for, with its type where it is one expression alone."""
    expression = templates.only_hole(template)
    return await ctx.text(template) if expression is None else await ctx.value(expression)


async def assigned(ctx: NodeContext, rows: Sequence[Assignment]) -> dict[str, JsonValue]:
    """The values of all rows by name."""
    return {row.name: await resolved(ctx, row.value) for row in rows}


def only_input(ctx: NodeContext) -> JsonValue:
    """What came in: the output of the one node before, or of all of them by id."""
    outputs = list(ctx.inputs.values())
    return outputs[0] if len(outputs) == 1 else dict(ctx.inputs)


def schema_of(fields: Iterable[FormField]) -> dict[str, JsonValue]:
    """The JSON Schema of a form; without fields anything is allowed."""
    listed = tuple(fields)
    if not listed:
        return {}
    return {
        "type": "object",
        "properties": {field.name: _property(field) for field in listed},
        "required": [field.name for field in listed if field.required],
        "additionalProperties": False,
    }


def defaults_of(fields: Iterable[FormField]) -> dict[str, JsonValue]:
    """What the fields hold at first."""
    return {field.name: field.default for field in fields if field.default is not None}


def require_port_names(names: Sequence[str], what: str) -> None:
    """Raise ValueError unless the names can be ports of one node."""
    for number, name in enumerate(names, start=1):
        if not name.strip():
            raise ValueError(f"{what} {number} has no name")
        if name in RESERVED_PORTS:
            raise ValueError(f"no {what} may be called “{name}”, because that port exists already")
        if name in names[: number - 1]:
            raise ValueError(f"two {what}s are called “{name}”")


def _property(field: FormField) -> dict[str, JsonValue]:
    found: dict[str, Any] = {"title": field.label or field.name.replace("_", " ").capitalize()}
    found |= _TYPES[field.type]
    if field.type == "choice":
        found["enum"] = list(field.choices)
    if field.required and field.type in ("text", "long_text"):
        found["minLength"] = 1
    if field.help:
        found["description"] = field.help
    if field.default is not None:
        found["default"] = field.default
    return found


_TYPES: dict[FieldType, dict[str, Any]] = {
    "text": {"type": "string", "maxLength": 10_000},
    "long_text": {"type": "string", "widget": "textarea"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "choice": {"type": "string"},
    "json": {"widget": "json"},
}
