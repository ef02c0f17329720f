"""What becomes of a node's settings when it takes the version of its kind that is installed here, or another kind."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backend.nodes.kind import Kind
from backend.nodes.schemas import defaults


class Worn(BaseModel):
    """A node's settings with the kind and the version that they were made for."""

    model_config = ConfigDict(extra="forbid")
    kind: str = Field(max_length=200)
    kind_version: int = Field(default=1, ge=1)
    config: dict[str, Any] = {}


class FittedField(BaseModel):
    """One setting that will differ; a side that lacks it has null."""

    name: str
    title: str
    before: Any
    after: Any


class Fitted(BaseModel):
    """The settings for the installed kind, what differs from the old ones, and which must still be filled in."""

    kind: str
    kind_version: int
    config: dict[str, Any]
    changes: list[FittedField]
    missing: list[str]


def fit(worn: Worn, kind: Kind) -> Fitted:
    """The kind's own `upgrade` where there is one; else every setting that the kind knows and takes."""
    older = worn.kind == kind.name and worn.kind_version < kind.version
    config = kind.upgrade(dict(worn.config)) if older and kind.upgrade else dict(worn.config)
    config = {name: value for name, value in config.items() if _takes(kind, name, value)}
    return Fitted(
        kind=kind.name,
        kind_version=kind.version,
        config=config,
        changes=_changes(worn.config, config, kind),
        missing=_missing(kind, config),
    )


def _takes(kind: Kind, name: str, value: Any) -> bool:
    """Whether the kind has this setting and would take its value, whatever the others are."""
    if name not in kind.config.model_fields:
        return False
    try:
        kind.config.model_validate({**defaults(kind), name: value})
    except ValidationError as wrong:
        return all(error["loc"][:1] != (name,) for error in wrong.errors())
    return True


def _changes(old: dict[str, Any], new: dict[str, Any], kind: Kind) -> list[FittedField]:
    names = dict.fromkeys([*old, *new])
    return [
        FittedField(name=name, title=_title(kind, name), before=old.get(name), after=new.get(name))
        for name in names
        if old.get(name) != new.get(name)
    ]


def _missing(kind: Kind, config: dict[str, Any]) -> list[str]:
    try:
        kind.config.model_validate(config)
    except ValidationError as wrong:
        return sorted({_title(kind, str(error["loc"][0])) for error in wrong.errors() if error["loc"]})
    return []


def _title(kind: Kind, name: str) -> str:
    known = kind.config.model_fields.get(name)
    return (known and known.title) or name
