"""Writes `docs/nodes.md` from the registry: what every kind does, its ports and its settings."""

from typing import Any, cast

from backend.nodes import registry
from backend.nodes.expression_words import FILTERS, FUNCTIONS, METHODS
from backend.nodes.kind import Kind
from backend.nodes.schemas import PALETTE

_HEAD = """# Nodes

What every kind of node does. This page is generated: `make docs`.

Every node may also leave by `error` when it is told to route errors, may be tried again, and may have a time limit.
Waiting (for people, for a moment, for the next try) does not count against the limit of a node. The limit of a Map or
Loop is plain time, waits inside included. Another try of a Map or Loop plays everything in it anew; what the earlier
try did stays in the history.

A node whose results hang on nothing but its settings and what they read may keep its result for a time (`cache_seconds`):
an equal step of any run of the team takes it, and the run view says so. `max_parallel` of a workflow says how many steps
of a run are at work at once, the setting `QUADRILLE_STEP_LIMITS` how many of a kind or model provider in one worker;
waiting for a place does not count against a time limit, and a step that waits for something gives its place to others.

## Expressions and templates

An expression is one Python expression over the run's data: `input`, `nodes` (the last output of each node, by its id),
`run` (`id`, `started_at`, `started_by`), and inside Map and Loop `item`, `index` and `previous`. `a.b` gives none where
the field is missing. It runs in the sandbox for at most two seconds.

A template is text with `{{ expression | filter }}` holes.
"""


def nodes_page() -> str:
    """The whole page, in the order of the palette."""
    words = [
        f"Functions: {_listed(FUNCTIONS)}.",
        f"Methods: {_listed(METHODS)}.",
        f"Filters: {_listed(FILTERS)}; `join`, `date`, `default` and `truncate` take an argument.",
    ]
    sections = [_section(group) for group in PALETTE]
    return "\n\n".join([_HEAD.strip(), *words, *filter(None, sections)]) + "\n"


def _listed(names: Any) -> str:
    return " ".join(f"`{name}`" for name in sorted(names))


def _section(group: str) -> str:
    kinds = sorted((k for k in registry.all_kinds().values() if k.group == group), key=lambda k: k.title)
    return "\n\n".join([f"## {group}", *(_page(kind) for kind in kinds)]) if kinds else ""


def _page(kind: Kind) -> str:
    ports = [f"`{name}`" for name in kind.ports.fixed]
    if kind.ports.each:
        ports.insert(0, f"one for each of *{kind.config.model_fields[kind.ports.each].title}*")
    if kind.ports.unless:
        ports.append(f"none where *{kind.config.model_fields[kind.ports.unless].title}* is set")
    facts = [f"Kind `{kind.name}`", f"ports: {', '.join(ports) or 'none'}"]
    if kind.effects:
        facts.append(f"effects: {', '.join(sorted(kind.effects))}")
    table = ["| setting | what it is | default | |", "|---|---|---|---|", *_rows(kind)]
    return "\n\n".join([f"### {kind.title}", kind.help, " · ".join(facts), "\n".join(table)])


def _rows(kind: Kind) -> list[str]:
    schema = kind.config.model_json_schema()
    required = cast(list[str], schema.get("required", []))
    rows: list[str] = []
    for name, part in cast(dict[str, dict[str, Any]], schema["properties"]).items():
        title = kind.config.model_fields[name].title
        default = "must be set" if name in required else _shown(part.get("default"))
        rows.append(
            f"| {title} (`{name}`) | {_sort(part)} | {default} | {_cell(part.get('description', ''))} |"
        )
    return rows


def _sort(part: dict[str, Any]) -> str:
    if "enum" in part:
        return " · ".join(f"`{word}`" for word in part["enum"])
    shapes = [part, *part.get("anyOf", [])]
    found = next((shape["widget"] for shape in shapes if "widget" in shape), part.get("type", "any"))
    if found == "duration":
        return "duration"
    bounds = [
        f"{word} {part[key]:g}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in part
    ]
    return " ".join([str(found), *bounds])


def _shown(default: Any) -> str:
    return "" if default in (None, "", [], {}) or isinstance(default, dict) else f"`{_cell(str(default))}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
