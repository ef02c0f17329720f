"""Reads YAML 1.2 text into plain data, with the line and column of each value.

The text becomes a tree of YAML's own nodes, which carry their places; data is made of them here, so that no tag
can make anything but data. An alias may repeat a value, but aliases may not blow the file up.
"""

import re
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from backend.core.source import MAX_DEPTH, Mark, Path, Source, refused, unkeepable

MAX_BYTES = 1_000_000  # a megabyte takes the reader seconds already
MAX_GROWTH = 4  # how many times larger aliases may make the data
_SMALL = 10_000
# A hundred openings in a row take the reader seconds, and it would give up on them anyway.
_DEEP = re.compile(r"(?:[\[{][\s\"':\w]{0,10}){" + str(MAX_DEPTH) + "}")
_TAG = "tag:yaml.org,2002:"
_NUMBER = re.compile(r"[-+]?(?:0x[0-9a-fA-F]+|0o[0-7]+|[0-9][0-9_]*)")


def parse(text: str) -> Source:
    """The data of the text; raises Unreadable, located."""
    if len(text) > MAX_BYTES:
        raise refused("YAML of more than 1 MB is not read.", "Send it as JSON.", Mark(1, 1))
    if deep := _DEEP.search(text):
        line = text.count("\n", 0, deep.start()) + 1
        where = Mark(line, deep.start() - text.rfind("\n", 0, deep.start()))
        raise refused(f"nested deeper than {MAX_DEPTH} levels.", "Flatten the value.", where)
    root = _tree(text)
    if root is None:
        return Source(None, dict)
    _require_bounded(root)
    built = _Built()
    data = built.value(root, ())
    if wrong := unkeepable(data):
        path, told, fix = wrong
        raise refused(told, fix, built.marks.get(path, Mark(1, 1)), path)
    return Source(data, lambda: built.marks)


def _tree(text: str) -> Any:
    reader: Any = YAML(typ="safe", pure=True)  # ruamel leaves its methods without types
    try:
        return reader.compose(text)
    except MarkedYAMLError as wrong:
        raise _located(wrong) from None
    except RecursionError:
        raise refused("the values are nested too deeply.", "Flatten them.", Mark(1, 1)) from None
    except (YAMLError, ValueError, IndexError, AttributeError, TypeError) as wrong:
        # Beside its own errors, ruamel lets a few of Python's through for texts that are not YAML.
        at = getattr(wrong, "position", 0)
        line = text.count("\n", 0, at) + 1
        told = "this is not YAML: a character that is not allowed." if at else "this is not YAML."
        raise refused(told, "Mend the text there.", Mark(line, at - text.rfind("\n", 0, at))) from None


def _located(wrong: Any) -> Exception:
    mark: Any = wrong.problem_mark or wrong.context_mark
    told = " ".join(str(part) for part in (wrong.problem or wrong.context or "this is not YAML",))
    where = Mark(mark.line + 1, mark.column + 1) if mark else Mark(1, 1)
    return refused(f"this is not YAML: {told}.", "Mend the text there.", where)


def _require_bounded(root: Any) -> None:
    """Refuse what aliases would blow up, before any of it is built."""
    sizes: dict[int, int] = {}

    def size(node: Any, depth: int) -> int:
        if depth > MAX_DEPTH:
            raise refused(f"nested deeper than {MAX_DEPTH} levels.", "Flatten the value.", _mark(node))
        known = sizes.get(id(node))
        if known == 0:
            raise refused("the value contains itself.", "Remove the alias.", _mark(node))
        if known is None:
            sizes[id(node)] = 0
            sizes[id(node)] = known = 1 + sum(size(inner, depth + 1) for inner in _children(node))
        return known

    whole = size(root, 0)
    if whole > _SMALL and whole > MAX_GROWTH * len(sizes):
        raise refused("aliases make the file too large.", "Write the values out.", _mark(root))


def _children(node: Any) -> list[Any]:
    if _is(node, MappingNode):
        return [part for pair in cast(list[tuple[Any, Any]], node.value) for part in pair]
    return cast(list[Any], node.value) if _is(node, SequenceNode) else []


def _is(node: Any, sort: type) -> bool:
    """As `isinstance`, for nodes that have no types."""
    return isinstance(node, sort)


def _mark(node: Any) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)


class _Built:
    """Makes data of a tree, noting where each value stands."""

    def __init__(self) -> None:
        self.marks: dict[Path, Mark] = {}

    def value(self, node: Any, path: Path) -> Any:
        """The node's data."""
        self.marks.setdefault(path, _mark(node))
        if _is(node, ScalarNode):
            return _scalar(node, path)
        if not str(node.tag).startswith(_TAG + ("map" if _is(node, MappingNode) else "seq")):
            raise _strange(node, path)
        if _is(node, SequenceNode):
            entries = cast(list[Any], node.value)
            return [self.value(inner, (*path, index)) for index, inner in enumerate(entries)]
        return self._mapping(node, path)

    def _mapping(self, node: Any, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, inner in cast(list[tuple[Any, Any]], node.value):
            key = _key(key_node, path)
            if key in found:
                raise refused(
                    "this key is there twice.", "Remove one of them.", _mark(key_node), (*path, key)
                )
            self.marks[(*path, key)] = _mark(key_node)
            found[key] = self.value(inner, (*path, key))
        return found


def _key(node: Any, path: Path) -> str:
    if not _is(node, ScalarNode):
        raise refused("a key must be text.", "Put the key in quotes.", _mark(node), path)
    text: Any = node.value
    return str(text)


def _scalar(node: Any, path: Path) -> Any:
    kind, text = str(node.tag).removeprefix(_TAG), str(node.value)
    if kind in ("str", "timestamp"):
        return text
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() in ("true", "yes", "on")
    if kind in ("int", "float"):
        return _number(node, kind, text, path)
    raise _strange(node, path)


def _number(node: Any, kind: str, text: str, path: Path) -> int | float:
    bare = text.replace("_", "")
    try:
        if kind == "float":
            return float(bare)
        return (
            int(bare, 0) if _NUMBER.fullmatch(text) and bare.lstrip("+-")[:2] in ("0x", "0o") else int(bare)
        )
    except ValueError:
        raise refused(f"“{text[:40]}” is no number.", "Put it in quotes.", _mark(node), path) from None


def _strange(node: Any, path: Path) -> Exception:
    return refused(f"the tag {node.tag} is not allowed.", "Remove it.", _mark(node), path)
