"""The words of a text that say what it is about: without small words, and without their commonest endings."""

import re
from typing import cast

_SMALL = """
a about an and are as at be but by can could do does for from has have how i if in is it me my no not of on or our please so
that the their them then there they this to us want was we were what when where which who will with would you your
"""
_STOP = frozenset(_SMALL.split())


def telling(text: str) -> list[str]:
    """In their order, repeated where they are repeated; `refunds` meets `refund`."""
    found = cast(list[str], re.findall(r"\w+", text.lower()))
    return [
        re.sub(r"(?:ing|ed|es|s)$", "", word) if len(word) > 4 else word
        for word in found
        if word not in _STOP
    ]
