"""Text and numbers of requests that every database can store."""

from typing import Annotated

from pydantic import AfterValidator, Field


def _storable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not hold a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must not hold half a character") from None
    return text


# PostgreSQL stores no NUL, and nobody can store a lone surrogate, which JSON can write.
PlainText = Annotated[str, AfterValidator(_storable)]
# A number of a row; both databases fail on larger ones.
RowNumber = Annotated[int, Field(ge=0, lt=2**63)]
