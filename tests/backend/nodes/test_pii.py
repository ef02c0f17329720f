"""Personal data is found by shape and checksum, and ordinary numbers are left alone."""

import pytest

from backend.nodes import pii
from backend.nodes.pii import PiiKind

ALL: tuple[PiiKind, ...] = ("email", "iban", "card", "phone", "ip")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to ada.l+x@mail.example.org.", "Write to [email]."),
        ("IBAN DE89 3704 0044 0532 0130 00, thanks", "IBAN [iban], thanks"),
        ("GB82WEST12345698765432", "[iban]"),
        ("card 4111 1111 1111 1111 exp 12/27", "card [card] exp 12/27"),
        ("5500005555555559", "[card]"),
        ("call +43 1 234 5678 or 0664/123 45 67", "call [phone] or [phone]"),
        ("from 192.168.1.17 and 2001:db8::1", "from [ip] and [ip]"),
        ("a@b.example,c@d.example", "[email],[email]"),
    ],
)
def test_found(text: str, masked: str) -> None:
    assert pii.masked(text, pii.find(text, ALL)) == masked


@pytest.mark.parametrize(
    "text",
    [
        "order 4111111111111112 is late",
        "GB82 WEST 1234 5698 7654 33",
        "invoice 20261121, total 1234.50",
        "version 1.2.3, 999.1.1.1",
        "at 10:30:45 we met",
        "ref 0123456789",
        "0000 0000 0000 0000",
        "price @ home",
    ],
)
def test_left_alone(text: str) -> None:
    assert pii.find(text, ALL) == []


@pytest.mark.parametrize(
    "text", ["1 " * 10_000, "a@" * 10_000, "DE11 " * 4_000, ":" * 20_000, "+" * 20_000, "a.b" * 7000]
)
@pytest.mark.timeout(300)  # each takes milliseconds, and one that tries every way to match takes hours
def test_no_text_makes_the_search_slow(text: str) -> None:
    pii.find(text, ALL)
