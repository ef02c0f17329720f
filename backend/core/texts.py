"""Files that people write by hand: YAML or JSON read with the place of every value, and YAML written tidily."""

import io
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.emitter import Emitter
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from backend.core import source, source_json, source_yaml
from backend.core.source import Source


def parse(text: str | bytes) -> Source:
    """The data of the text, whichever of the two it is; raises Unreadable, located."""
    plain = source.decoded(text)
    return source_json.parse(plain) if source.looks_like_json(plain) else source_yaml.parse(plain)


def to_yaml(value: Any) -> str:
    """YAML text; reading it gives the same value."""
    writer: Any = YAML()  # ruamel leaves its methods without types
    writer.Emitter = _Unfolded
    writer.width, writer.allow_unicode = 110, True
    writer.indent(mapping=2, sequence=4, offset=2)
    text = io.StringIO()
    writer.dump(_pretty(value), text)
    return text.getvalue()


class _Unfolded(Emitter):
    """Keeps texts in quotes on one line: at a fold ruamel may lose that what follows an escape is no space."""

    def write_double_quoted(self, text: Any, split: Any = True) -> None:
        written: Any = super()  # ruamel leaves its methods without types
        written.write_double_quoted(text, split=False)


def _pretty(value: Any, key: str = "") -> Any:
    """Places and short rows of plain values on one line, texts of several lines as blocks."""
    if isinstance(value, dict):
        pairs = cast(dict[str, Any], value).items()
        made: Any = CommentedMap({_text(name): _pretty(inner, name) for name, inner in pairs})
        if set(made) <= {"from", "to", "label"} and "from" in made:
            made.fa.set_flow_style()
        return made
    if isinstance(value, list | tuple):
        entries: Any = CommentedSeq(_pretty(inner) for inner in cast(list[Any], value))
        if key in ("at", "size"):
            entries.fa.set_flow_style()
        return entries
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    """In a block where it has several lines, in quotes with escapes where it is odd, else as the writer likes."""
    if "\n" in text and _fits_a_block(text):
        return LiteralScalarString(text)
    plain = text.isprintable() and "  " not in text  # of two spaces at a fold one is lost
    return text if plain else DoubleQuotedScalarString(text)


def _fits_a_block(text: str) -> bool:
    """Blocks keep printable text only, and are touchy about spaces at the ends of lines and before the first."""
    lines = text.split("\n")
    return (
        all(c.isprintable() or c == "\n" for c in text)
        and not any(line != line.rstrip() for line in lines)
        and not text.startswith(("\n", " "))
    )
