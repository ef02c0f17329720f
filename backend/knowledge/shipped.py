"""What ships with the product: collections as files, offered to every team and copied to it on first use."""

from functools import cache
from pathlib import Path

from backend.knowledge.schemas import CollectionPublic, DocumentCreate, DocumentPublic
from backend.knowledge.split import BELOW, pieces

NAMES = {"help-centre": "Help centre (sample)", "run-books": "Run-books (sample)"}
_SAMPLES = Path(__file__).parent / "samples"


def slug_of(name: str) -> str | None:
    """The slug of the shipped collection that is meant, if one is; `_` is as good as `-`."""
    return next((s for s, title in NAMES.items() if name.replace("_", "-") == s or name == title), None)


def documents_of(slug: str) -> list[DocumentCreate]:
    """The files of a shipped collection."""
    folder = _SAMPLES / slug.replace("-", "_")
    return [
        DocumentCreate(source=file.name, text=file.read_text(encoding="utf-8"))
        for file in sorted(folder.glob("*.md"))
    ]


@cache
def contents(slug: str) -> tuple[DocumentPublic, ...]:
    """What a copy will hold."""
    found: list[DocumentPublic] = []
    for document in documents_of(slug):
        passages = pieces(document.text, document.source)
        title = passages[0].title.partition(BELOW)[0]
        found.append(DocumentPublic(source=document.source, title=title, passages=len(passages)))
    return tuple(found)


def offered(slug: str) -> CollectionPublic:
    """A shipped collection as a team sees it that has not used it yet; its slug serves as id until then."""
    documents = contents(slug)
    return CollectionPublic(
        id=slug,
        slug=slug,
        name=NAMES[slug],
        builtin=True,
        documents=len(documents),
        passages=sum(one.passages for one in documents),
        created_at=None,
    )
