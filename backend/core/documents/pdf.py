"""The text of a PDF, page by page."""

from io import BytesIO

from pypdf import PdfReader
from pypdf.errors import PdfReadError

from backend.core.documents.gathered import Gathered, NotThisFormat

MOST_PAGES = 2_000


def read(content: bytes, into: Gathered) -> None:
    """Pages that hold pictures alone give no text: this reads, it does not recognize."""
    try:
        reader = PdfReader(BytesIO(content), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise NotThisFormat("The PDF is locked with a password.")
        into.title = (reader.metadata.title if reader.metadata else None) or ""
        for page in reader.pages[:MOST_PAGES]:
            into.pages += 1
            into.say(page.extract_text())
    except PdfReadError as wrong:
        raise NotThisFormat(f"The PDF is damaged: {wrong}.") from None
