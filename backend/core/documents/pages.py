"""The text of an HTML page, without scripts, styles and what is hidden."""

from importlib import import_module
from typing import Any

from backend.core.documents.gathered import Gathered, NotThisFormat

_SILENT = "script", "style", "noscript", "template", "iframe", "object", "svg", "head"
_BLOCKS = frozenset(
    ["address", "article", "aside", "blockquote", "br", "caption", "dd", "div", "dl", "dt", "fieldset", "figcaption", "figure",
     "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section",
     "table", "tbody", "thead", "tfoot", "tr", "td", "th", "ul", "body"]
)  # fmt: skip
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}


def read(content: bytes, into: Gathered) -> None:
    """Nothing is fetched; entities of a document type of its own are not known to HTML."""
    html: Any = import_module("lxml.html")  # has no types
    etree: Any = import_module("lxml.etree")
    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        tree = html.document_fromstring(content, parser=parser)
    except etree.ParserError as wrong:
        raise NotThisFormat(f"The page cannot be read: {wrong}.") from None
    into.title = " ".join((tree.findtext(".//title") or "").split())
    into.pages = 1
    for tag in _SILENT:
        for element in list(tree.iter(tag)):
            element.drop_tree()
    for line in _lines(etree, tree):
        into.say(line)
    for number, table in enumerate(tree.iter("table"), start=1):
        rows = ([_text(cell) for cell in row.iter("td", "th")] for row in table.iter("tr"))
        into.table(f"table {number}", rows, aloud=False)


def _text(cell: Any) -> str:
    return " ".join(cell.text_content().split())


def _lines(etree: Any, tree: Any) -> list[str]:
    """Text between the beginnings and ends of blocks; walked without recursion, for pages are nested as deep as they like."""
    lines: list[str] = [""]
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        block = element.tag in _BLOCKS
        if block:
            lines.append(_HEADINGS.get(element.tag, "") if event == "start" else "")
        lines[-1] += (element.text if event == "start" else element.tail) or ""
    return [" ".join(line.split()) for line in lines if line.strip(" #\n\t\r")]
