"""The diagram file that people write by hand: YAML or JSON with short forms, read with located errors and written tidily.

quadrille: 1
name: Greet
nodes:
  - {id: start, kind: start}
  - id: greet
    kind: set_fields
    config: {...}
    at: [320, 0]
wires:
  - {from: start, to: greet}          # by the port `out`
  - {from: check.yes, to: reply}      # by the port `yes`
"""

import difflib
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from backend.core import source, texts
from backend.core.errors import Problem
from backend.core.source import Path, Source, Unreadable
from backend.workflows.diagram import IN_PORT, Comment, Diagram, Mock, Node, Retry, Wire

VERSION = 1
_SHORT = {
    "source": "from", "source_port": "from", "target": "to", "target_port": "to", "position": "at",
}  # fmt: skip
_MODELS: dict[str, type[BaseModel]] = {"nodes": Node, "wires": Wire, "comments": Comment}


def read(text: str | bytes) -> Diagram:
    """The diagram of a file; raises Unreadable with every problem and its line, column and path."""
    return of(texts.parse(text))


def of(found: Source) -> Diagram:
    """The diagram of read data."""
    _require_head(found)
    try:
        return Diagram.model_validate(_long(found.data))
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_context=False)
    problems = sorted(
        (_problem(found, error) for error in errors), key=lambda p: (p.line or 0, p.column or 0)
    )
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    raise Unreadable(problems[0].message + more, problems=problems)


def _require_head(found: Source) -> None:
    data: Any = found.data
    if not isinstance(data, dict):
        told = "a diagram file is a mapping that begins with `quadrille: 1`."
        raise source.refused(told, "Begin the file with `quadrille: 1`.", found.mark(()))
    version = cast(dict[str, Any], data).get("quadrille")
    if version is None:
        told = "the head `quadrille: 1` is missing, which names the format."
        raise source.refused(told, "Begin the file with `quadrille: 1`.", found.mark(()))
    if version is True or version != VERSION:
        told = f"this is format {version!r}; this server reads format {VERSION}."
        fix = "Write `quadrille: 1`, or read the file with a newer server."
        raise source.refused(told, fix, found.mark(("quadrille",)), ("quadrille",))


def _long(data: dict[str, Any]) -> dict[str, Any]:
    """The data with every short form written out."""
    out = {key: value for key, value in data.items() if value is not None or key not in Diagram.model_fields}
    for key, lengthen in (("nodes", _placed), ("comments", _placed), ("wires", _wired)):
        entries: Any = out.get(key)
        if isinstance(entries, list):
            out[key] = [
                lengthen(cast(dict[str, Any], e)) if isinstance(e, dict) else e
                for e in cast(list[Any], entries)
            ]
    return out


def _placed(entry: dict[str, Any]) -> dict[str, Any]:
    out = {key: value for key, value in entry.items() if value is not None or key not in Node.model_fields}
    at: Any = out.get("at")
    if "at" in out and "position" not in out:
        del out["at"]
        pair = cast(list[Any], at) if isinstance(at, list) else []
        out["position"] = {"x": pair[0], "y": pair[1]} if len(pair) == 2 else at
    return out


def _wired(entry: dict[str, Any]) -> dict[str, Any]:
    out = dict(entry)
    for short, node, port, default in (
        ("from", "source", "source_port", "out"),
        ("to", "target", "target_port", IN_PORT),
    ):
        end = out.get(short)
        if isinstance(end, str) and node not in out and port not in out:
            del out[short]
            out[node], dot, named = end.partition(".")
            out[port] = named if dot else default
    return out


def _problem(found: Source, error: Any) -> Problem:
    loc: Path = error["loc"]
    path = _as_written(found, loc)
    told, fix = _told(error, loc)
    return source.problem(told, fix, found.mark(path), path)


def _as_written(found: Source, loc: Path) -> Path:
    """The path in the file's own words."""
    if loc in found.marks:
        return loc
    path = tuple(
        _SHORT.get(part, part) if isinstance(part, str) and depth == 2 else part
        for depth, part in enumerate(loc)
    )
    while path and path not in found.marks and path[-1] in ("x", "y"):
        path = path[:-1]
    return path


_IN_OUR_WORDS = {
    "string_pattern_mismatch": (
        "a node's id is lower-case letters, digits and _, beginning with a letter.",
        "Write it like draft_reply.",
    ),
    "tuple_type": ("must be a list of two numbers.", "Write it like [320, 160]."),
}


def _told(error: Any, loc: Path) -> tuple[str, str]:
    kind = str(error["type"])
    if kind == "extra_forbidden":
        return _unknown(str(loc[-1]), loc)
    if kind == "missing":
        name = str(loc[-1])
        name = _SHORT.get(name, name) if loc[:1] == ("wires",) else name
        return f"“{name}” is missing.", f"Add `{name}: …`."
    told = str(error["msg"])
    return _IN_OUR_WORDS.get(kind, (f"{told[:1].lower()}{told[1:]}.", "Correct the value."))


def _unknown(name: str, loc: Path) -> tuple[str, str]:
    model = _MODELS.get(str(loc[0]), Diagram) if len(loc) > 1 else Diagram
    model = Retry if "retry" in loc[:-1] else Mock if "mock" in loc[:-1] else model
    known = [_SHORT.get(key, key) for key in model.model_fields]
    near = difflib.get_close_matches(name, known, n=1)
    fix = f"Did you mean `{near[0]}`?" if near else f"Remove it; known are {', '.join(dict.fromkeys(known))}."
    return f"“{name}” is not known here.", fix
