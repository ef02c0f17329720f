"""The whole vocabulary of expressions and templates: names, functions, methods, filters, and their meaning in the sandbox."""

import ast
import re
from functools import lru_cache
from typing import Any

EVERYWHERE = ("input", "nodes", "run")
IN_BODIES = ("item", "index", "previous", "event")
IN_COMPENSATIONS = ("compensated", "failure")
SCOPE_NAMES = (*EVERYWHERE, *IN_BODIES, *IN_COMPENSATIONS)
IN_EVALUATIONS = (
    "output",
    "expected",
)  # of the checks of an evaluation alone, which look at a run that was played

FUNCTIONS = frozenset({
        "abs", "all", "any", "bool", "dict", "divmod", "enumerate", "filter", "float", "format", "int",
    "len", "list", "map", "max", "min", "now", "range", "reversed", "round", "set", "sorted", "str", "sum",
    "today", "tuple", "zip"
})  # fmt: skip
METHODS = frozenset({
        "capitalize", "casefold", "count", "endswith", "find", "get", "index", "isalpha", "isdigit",
    "isspace", "items", "join", "keys", "lower", "lstrip", "partition", "removeprefix", "removesuffix",
    "replace", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "title", "upper", "values",
    "zfill"
})  # fmt: skip
VIEWS = frozenset({"keys", "values", "items"})  # methods whose answer is turned into a list
LITERALS: dict[str, Any] = {"true": True, "false": False, "null": None}

NODES_ALLOWED = (
    ast.Expression, ast.Constant, ast.Name, ast.Load, ast.Store, ast.Attribute, ast.Subscript, ast.Slice,
    ast.List, ast.Tuple, ast.Set, ast.Dict, ast.IfExp, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp,
    ast.And, ast.Or, ast.Not, ast.UAdd, ast.USub, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow,
    ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.Is, ast.IsNot,
    ast.Call, ast.keyword, ast.Lambda, ast.arguments, ast.arg,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension,
    ast.JoinedStr, ast.FormattedValue,
)  # fmt: skip

READ = "_read"
TEXT = "_text"
FILTERS = {name: f"_{name}" for name in
           ("upper", "lower", "trim", "json", "join", "date", "default", "truncate")}  # fmt: skip

# How many arguments each filter takes after its subject: least and most.
FILTER_ARGUMENTS = {"join": (0, 1), "date": (0, 1), "default": (1, 1), "truncate": (1, 1), "json": (0, 0)}

# Runs before an evaluation, in the sandbox, where a mistake of ours could harm nobody.
_PRELUDE = """
import json as _json_module

import datetime as _datetime

def _read(of, name):
    if of is None:
        return None
    if isinstance(of, dict):
        return of.get(name)
    raise TypeError(f"there is no field '{name}' in " + _sort(of))

def _sort(of):
    if isinstance(of, bool):
        return "a yes/no value"
    if isinstance(of, str):
        return "a text"
    if isinstance(of, (list, tuple, set)):
        return "a list"
    return "a number" if isinstance(of, (int, float)) else "this value"

def now():
    return _datetime.datetime.now(_datetime.timezone.utc).isoformat(timespec="seconds")

def today():
    return now()[:10]

def _text(of):
    if of is None:
        return ""
    if isinstance(of, str):
        return of
    if isinstance(of, bool):
        return "true" if of else "false"
    if isinstance(of, (dict, list, tuple)):
        return _json(of)
    return str(of)

def _upper(of):
    return _text(of).upper()

def _lower(of):
    return _text(of).lower()

def _trim(of):
    return _text(of).strip()

def _json(of):
    return _json_module.dumps(of, ensure_ascii=False, indent=2)

def _join(of, between=", "):
    if of is None:
        return ""
    if not isinstance(of, (list, tuple, set)):
        raise TypeError("`join` needs a list, but got " + _sort(of))
    return between.join([_text(entry) for entry in of])

def _date(of, form="%Y-%m-%d"):
    if of is None or of == "":
        return ""
    if isinstance(of, (int, float)) and not isinstance(of, bool):
        start = _datetime.datetime(1970, 1, 1, tzinfo=_datetime.timezone.utc)
        return (start + _datetime.timedelta(seconds=of)).strftime(form)
    if not isinstance(of, str):
        raise TypeError("`date` needs a date as ISO text or a number of seconds, but got " + _sort(of))
    return _datetime.datetime.fromisoformat(of).strftime(form)

def _default(of, instead):
    return instead if of is None or of == "" else of

def _truncate(of, length):
    text = _text(of)
    return text if len(text) <= length else text[: max(length - 1, 0)] + "…"
"""


@lru_cache(2000)
def prelude_for(sources: tuple[str, ...]) -> str:
    """The part of the prelude that these translated expressions use: imports alone would cost more than they do."""
    wanted = _words(" ".join(sources))
    while more := {word for name in wanted & _PIECES.keys() for word in _words(_PIECES[name])} - wanted:
        wanted |= more
    return "\n".join(piece for name, piece in _PIECES.items() if name in wanted)


def pieces() -> list[str]:
    """Each import and function of the prelude."""
    return list(_PIECES.values())


def _words(text: str) -> set[str]:
    return set(re.findall(r"\b(?:_[a-z_]+|now|today)\b", text))


_PIECES: dict[str, str] = {
    re.sub(r"^(?:def (\w+)|import \w+ as (\w+)).*", r"\1\2", piece, flags=re.DOTALL): piece
    for piece in _PRELUDE.strip().split("\n\n")
}
