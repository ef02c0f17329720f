"""Finds personal data by shape and checksum: mail, IBAN, payment card, phone, IP address. Never a guarantee."""

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

PiiKind = Literal["email", "iban", "card", "phone", "ip"]


@dataclass(frozen=True)
class Found:
    """A piece of personal data and where it stands."""

    kind: PiiKind
    start: int
    end: int


def find(text: str, kinds: Sequence[PiiKind]) -> list[Found]:
    """What is in the text, from left to right, without overlaps; a longer find wins over a shorter one."""
    every = sorted(
        (f for kind in kinds for f in _of_kind(text, kind)), key=lambda f: (f.start - f.end, f.start)
    )
    kept: list[Found] = []
    for one in every:
        if all(one.end <= other.start or one.start >= other.end for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda f: f.start)


def masked(text: str, found: Sequence[Found]) -> str:
    """The text with every find replaced by its kind in brackets."""
    pieces: list[str] = []
    at = 0
    for one in found:
        pieces += [text[at : one.start], f"[{one.kind}]"]
        at = one.end
    return "".join([*pieces, text[at:]])


def _of_kind(text: str, kind: PiiKind) -> Iterator[Found]:
    shape, true_one = _SHAPES[kind]
    for match in shape.finditer(text):
        if true_one(match.group()):
            yield Found(kind, match.start(), match.end())


def _iban(text: str) -> bool:
    """ISO 7064, modulus 97."""
    compact = re.sub(r"[ -]", "", text).upper()
    if not 15 <= len(compact) <= 34:
        return False
    turned = compact[4:] + compact[:4]
    return int("".join(str(int(char, 36)) for char in turned)) % 97 == 1


def _card(text: str) -> bool:
    """The Luhn checksum."""
    digits = [int(char) for char in text if char.isdigit()]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    doubled = (digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _phone(text: str) -> bool:
    """International form, or a leading 0 with separators: bare digits are more often order numbers."""
    digits = sum(char.isdigit() for char in text)
    return 7 <= digits <= 15 and (text.startswith(("+", "00")) or bool(re.search(r"[ ()/.-]", text)))


def _ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


# Every shape is bounded, so that no text makes the search slow.
_SHAPES: dict[PiiKind, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    "email": (
        re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}(?<![.-])"),
        lambda text: True,
    ),
    "iban": (re.compile(r"\b[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]{1,4}){3,8}\b"), _iban),
    "card": (re.compile(r"(?<![\d-])\d(?:[ -]?\d){12,18}(?![\d-])"), _card),
    "phone": (re.compile(r"(?<![\w+])(?:\+|00|\(?0)\d{0,4}\)?(?:[ ()/.-]{0,2}\d){6,14}(?!\w)"), _phone),
    "ip": (
        re.compile(
            r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w.:]*\w)"
        ),
        _ip,
    ),
}
