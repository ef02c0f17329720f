"""The part of every exported module that is the same: pieces of source, of which only those that are used go along."""

import ast
import inspect
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from backend.core import words
from backend.inference import chat_extractive
from backend.nodes import expression_words, pii, rules
from backend.nodes.kinds.ai import classify

_OWN = Path(__file__).parent / "pieces.txt"
# What the sandbox's prelude calls its functions, and what they are called in a module that people read.
PLAIN_NAMES = {
    "_read": "read", "_sort": "sort_of", "_text": "as_text", "_upper": "uppercase", "_lower": "lowercase",
    "_trim": "trimmed", "_json": "as_json", "_join": "joined", "_date": "as_date", "_default": "or_else",
    "_truncate": "truncated", "_json_module": "json", "_datetime": "datetime",
}  # fmt: skip
_TAKEN: tuple[tuple[ModuleType, frozenset[str] | None], ...] = (
    (rules, frozenset({"_equal", "_comparable", "_like", "_contains", "_sort",
                       "_ALONE_TESTS", "_TEXT_TESTS", "_ORDER_TESTS"})),
    (pii, None),
    (words, None),
    (chat_extractive, frozenset({"_Sentence", "_sentences", "_best", "_MARKS", "_SENTENCES", "NAME",
                                 "NOTHING_FOUND"})),
    (classify, frozenset({"_score", "_dot", "Vector"})),
)  # fmt: skip
_ANY = {"JsonValue"}  # words of ours that a stranger's module need not know


@dataclass(frozen=True)
class Piece:
    """One definition or import: its text, the names that it uses, and its place among the others."""

    text: str
    uses: frozenset[str]
    place: int
    is_import: bool = False


def names() -> frozenset[str]:
    """All names that a piece defines or imports."""
    return frozenset(_pieces())


def used(code: str) -> tuple[list[str], list[str]]:
    """The imports and the definitions that this code needs, and what those need in turn, in their order."""
    known = _pieces()
    wanted: set[str] = set()
    tree = ast.parse(code)
    waiting = list(_names_in(tree) - _imported_by_people(tree))
    while waiting:
        name = waiting.pop()
        if name in known and name not in wanted:
            wanted.add(name)
            waiting += known[name].uses
    chosen = sorted({known[name] for name in wanted}, key=lambda piece: piece.place)
    return _merged(p.text for p in chosen if p.is_import), [p.text for p in chosen if not p.is_import]


def _imported_by_people(tree: ast.Module) -> set[str]:
    """What the code of Code nodes imports for itself; `datetime` is also read by what we write."""
    imports = (part for part in ast.walk(tree) if isinstance(part, ast.Import | ast.ImportFrom))
    return {alias.asname or alias.name for part in imports for alias in part.names} - {"datetime"}


@lru_cache
def _pieces() -> dict[str, Piece]:
    sources = [(_OWN.read_text(encoding="utf-8"), None), (_prelude(), None)]
    sources += [(inspect.getsource(module), chosen) for module, chosen in _TAKEN]
    found: dict[str, Piece] = {}
    for text, chosen in sources:
        for part in ast.parse(text).body:
            for name, piece in _of(part, text, len(found)):
                if name not in found and (piece.is_import or chosen is None or name in chosen):
                    found[name] = piece
    return found


def _of(part: ast.stmt, text: str, place: int) -> list[tuple[str, Piece]]:
    if isinstance(part, ast.Import | ast.ImportFrom):
        module = part.module if isinstance(part, ast.ImportFrom) else None
        if module and (module.startswith("backend") or module == "pydantic"):
            return [(alias.name, Piece("from typing import Any", frozenset(), place, True)) for alias in part.names
                    if alias.name in _ANY]  # fmt: skip
        start = f"from {module} import" if module else "import"
        return [
            (a.asname or a.name, Piece(f"{start} {a.name}", frozenset(), place, True)) for a in part.names
        ]
    piece = Piece(_plain(_segment(part, text)), _names_in(part), place)
    if isinstance(part, ast.FunctionDef | ast.ClassDef):
        return [(part.name, piece)]
    targets = part.targets if isinstance(part, ast.Assign) else []
    targets = [part.target] if isinstance(part, ast.AnnAssign) else targets
    return [(target.id, piece) for target in targets if isinstance(target, ast.Name)]


def _segment(part: ast.stmt, text: str) -> str:
    decorators = part.decorator_list if isinstance(part, ast.FunctionDef | ast.ClassDef) else []
    first = min([part.lineno, *(one.lineno for one in decorators)])
    return "\n".join(text.splitlines()[first - 1 : part.end_lineno])


def _plain(text: str) -> str:
    return re.sub(r"\bJsonValue\b", "Any", text)


def _prelude() -> str:
    """What expressions may call, under plain names."""
    listed = "\n\n".join(expression_words.pieces())
    listed = re.sub(r"import (\w+) as \w+", r"import \1", listed)
    return re.sub(r"\b_[a-z_]+\b", lambda found: PLAIN_NAMES.get(found.group(), found.group()), listed)


def _names_in(tree: ast.AST) -> frozenset[str]:
    return frozenset("Any" if n.id in _ANY else n.id for n in ast.walk(tree) if isinstance(n, ast.Name))


def _merged(imports: Iterable[str]) -> list[str]:
    """One line a module, sorted as ruff sorts them."""
    lines = set(imports)
    whole = sorted(line for line in lines if line.startswith("import "))
    named: dict[str, set[str]] = {}
    for line in lines.difference(whole):
        module, _, name = line.removeprefix("from ").partition(" import ")
        named.setdefault(module, set()).add(name)
    return [
        *whole,
        *(f"from {module} import {', '.join(sorted(of))}" for module, of in sorted(named.items())),
    ]
