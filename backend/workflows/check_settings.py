"""What is wrong inside the nodes: kinds, settings, expressions, the nodes that these speak of, and secrets."""

from collections.abc import Iterator, Mapping, Sequence, Set
from functools import lru_cache

from pydantic import ValidationError

from backend.core.errors import Problem
from backend.nodes.kind import Kind, NodeConfig
from backend.workflows import check_types, mentions
from backend.workflows.chart import Chart, label, upgraded
from backend.workflows.diagram import Node

_WORDS = {
    "Field required": "must be filled in",
    "Extra inputs are not permitted": "is not a setting of this kind",
}


def problems(chart: Chart, secrets: Set[str] | None) -> Iterator[Problem]:
    """All of them, in no order."""
    before = mentions.Before(chart)
    for node in chart.nodes.values():
        kind = chart.kind(node)
        if kind is None:
            told = f"{label(node)} is of the kind “{node.kind}”, which is not installed here."
            fix = "Install the package that brings it, or choose another kind."
            yield Problem(told, f"nodes.{node.id}.kind", fix, "unknown_kind", node.id)
            continue
        yield from _version(node, kind)
        yield from _settings(node, kind)
        yield from _people(node, kind)
        yield from _cache(node, kind)
        parts = list(mentions.parts(kind, node))
        yield from mentions.problems(chart, node, kind, before, parts)
        yield from check_types.problems(chart, node, kind, parts)
        yield from _secrets(node, parts, secrets)


def _version(node: Node, kind: Kind) -> Iterator[Problem]:
    place = f"nodes.{node.id}.kind_version"
    if node.kind_version > kind.version:
        told = f"{label(node)} was made with version {node.kind_version} of {kind.title}; here is {kind.version}."
        yield Problem(told, place, "Update this server, or add the node anew.", "newer_kind", node.id)
    elif node.kind_version < kind.version:
        told = f"{label(node)} was made with an older version of {kind.title}; it is played as the new one."
        fix = "Open the node and save it to keep the new settings."
        yield Problem(told, place, fix, "older_kind", node.id, "warning")


def _settings(node: Node, kind: Kind) -> Iterator[Problem]:
    try:
        kind.config.model_validate(upgraded(node, kind))
    except ValidationError as wrong:
        for error in wrong.errors(include_url=False, include_input=False):
            place = "".join(_step(part) for part in error["loc"])
            title = _title(kind.config, error["loc"])
            told = f"{label(node)}, {title}: {_human(error['msg'])}"
            fix = "Remove it." if error["type"] == "extra_forbidden" else f"Set {title} in the node."
            yield Problem(told, f"nodes.{node.id}.config{place}", fix, "setting", node.id)


def _people(node: Node, kind: Kind) -> Iterator[Problem]:
    """Who may answer must be said, also where the settings allow an empty list."""
    if kind.group == "People" and "roles" in kind.config.model_fields and node.config.get("roles") == []:
        place = f"nodes.{node.id}.config.roles"
        told = f"{label(node)} asks nobody: no role may answer."
        yield Problem(told, place, "Choose at least one role.", "no_roles", node.id)


def _cache(node: Node, kind: Kind) -> Iterator[Problem]:
    if node.cache_seconds and not kind.cacheable:
        told = f"{label(node)} cannot keep its result: a {kind.title} has to be played each time."
        place = f"nodes.{node.id}.cache_seconds"
        yield Problem(told, place, "Leave “Keep the result” empty.", "cannot_cache", node.id)


def _secrets(node: Node, parts: Sequence[mentions.Part], secrets: Set[str] | None) -> Iterator[Problem]:
    if secrets is None:
        return
    for place, name, widget in parts:
        if widget == "secret" and name and name not in secrets:
            told = f"{label(node)} needs the secret “{name}”, which the team does not have."
            fix = f"Add {name} under Settings, Secrets."
            yield Problem(told, f"nodes.{node.id}.config{place}", fix, "missing_secret", node.id)


def _step(part: int | str) -> str:
    return f"[{part}]" if isinstance(part, int) else f".{part}"


def _title(config: type[NodeConfig], loc: tuple[int | str, ...]) -> str:
    """What the form calls the field, with the number of the entry where it is a list."""
    if not loc:
        return "settings"
    name = str(loc[0])
    title = _titles(config).get(name, name)
    entry = next((part for part in loc[1:] if isinstance(part, int)), None)
    return title if entry is None else f"{title} {entry + 1}"


@lru_cache(maxsize=1000)
def _titles(config: type[NodeConfig]) -> Mapping[str, str]:
    return {name: info.title or name for name, info in config.model_fields.items()}


def _human(message: str) -> str:
    text = message.removeprefix("Value error, ")
    text = _WORDS.get(text, text)
    return text if text.endswith(".") else f"{text}."
