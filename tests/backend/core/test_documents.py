"""Documents are read in a process with limits: what they say comes out, and hostile ones harm nobody."""

import base64
import io
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import docx
import openpyxl
import pytest

from backend.core.documents import program, reading
from backend.core.documents.gathered import NotThisFormat
from backend.core.documents.reading import DocumentError, NotReadable, TooMuch

pytestmark = pytest.mark.usefixtures("environment")


async def read(
    content: bytes, name: str = "", media_type: str = "", characters: int = 50_000
) -> dict[str, Any]:
    return await reading.read(content, name, media_type, characters)


def pdf(*pages: bytes, kids: str = "") -> bytes:
    """Pages with these content streams; `kids` replaces the list of pages."""
    numbers = [4 + 2 * n for n in range(len(pages))]
    listed = kids or " ".join(f"{n} 0 R" for n in numbers)
    parts = [
        b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj",
        f"2 0 obj<</Type/Pages/Kids[{listed}]/Count {max(len(pages), 1)}>>endobj".encode(),
        b"3 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj",
    ]
    for n, stream in zip(numbers, pages, strict=True):
        packed = zlib.compress(stream)
        parts.append(f"{n} 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F 3 0 R>>>>"
                     f"/Contents {n + 1} 0 R>>endobj".encode())  # fmt: skip
        head = f"{n + 1} 0 obj<</Length {len(packed)}/Filter/FlateDecode>>stream\n".encode()
        parts.append(head + packed + b"\nendstream endobj")
    return b"%PDF-1.4\n" + b"\n".join(parts) + b"\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF"


def line(text: str) -> bytes:
    return f"BT /F 12 Tf 50 700 Td ({text}) Tj ET".encode()


def word() -> bytes:
    document = docx.Document()
    document.core_properties.title = "An invoice"
    document.add_heading("Invoice 7", level=1)
    document.add_paragraph("Due on Friday.")
    table = document.add_table(rows=1, cols=2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Chairs", "59.97"
    document.add_paragraph("Thank you.")
    return saved(document.save)


def sheet() -> bytes:
    book = openpyxl.Workbook()
    page: Any = book.active
    page.title = "Orders"
    page.append(["item", "price"])
    page.append(["chair", 19.99])
    page.append(["=1+1", None])
    return saved(book.save)


def saved(save: Callable[[Any], None]) -> bytes:
    held = io.BytesIO()
    save(held)
    return held.getvalue()


def repacked(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """The archive with one of its parts changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return made.getvalue()


async def test_each_format_gives_text_and_tables() -> None:
    found = await read(pdf(line("Page one"), line("Page two")))
    assert (found["format"], found["pages"], found["text"]) == ("pdf", 2, "Page one\nPage two")
    found = await read(word())
    assert found["text"].splitlines() == ["# Invoice 7", "Due on Friday.", "Chairs | 59.97", "Thank you."]
    assert (found["title"], found["tables"][0]["rows"]) == ("An invoice", [["Chairs", "59.97"]])
    found = await read(sheet())
    assert found["tables"] == [{"name": "Orders", "rows": [["item", "price"], ["chair", "19.99"]]}]
    page = b"""<!doctype html><title>Shop</title><style>p{}</style><script>evil()</script><h2>Hours</h2><p>9 to
      5</p><!-- hidden --><table><tr><td>a<td>b</table>"""
    found = await read(page)
    assert (found["title"], found["text"].splitlines()) == ("Shop", ["## Hours", "9 to 5", "a", "b"])
    assert found["tables"] == [{"name": "table 1", "rows": [["a", "b"]]}]
    found = await read("name;stadt\nZoë;Köln\n".encode("cp1252"), "people.csv")
    assert found["tables"][0]["rows"] == [["name", "stadt"], ["Zoë", "Köln"]]
    assert (await read(b"a,b\n1,2", media_type="text/csv; charset=utf-8"))["text"] == "a | b\n1 | 2"
    assert (await read(b"just words"))["format"] == "text"


async def test_what_is_too_long_is_cut_and_says_so() -> None:
    found = await read(b"word " * 1000, characters=100)
    assert (len(found["text"]), found["truncated"]) == (100, True)
    found = await read(b"<p>" + b"word " * 1000 + b"<table><tr><td>x</table>", "a.html", characters=100)
    assert (len(found["text"]), found["truncated"], found["tables"]) == (100, True, [])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\x00\x01\x02\x03", "none of PDF"),
        (b"PK\x03\x04 nothing", "none of PDF"),
        (b"PK\x03\x04 word/document", "damaged"),
        (b"%PDF-1.7 nothing more", "damaged"),
    ],
)
async def test_what_cannot_be_read_says_why(content: bytes, told: str) -> None:
    with pytest.raises(NotReadable, match=told):
        await read(content)


def test_a_zip_bomb_is_refused_before_it_unpacks(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = repacked(sheet(), "xl/worksheets/sheet1.xml", lambda _: b" " * 5_000_000)
    assert len(bomb) < 100_000
    monkeypatch.setattr(program, "UNPACKED_BYTES", 1_000_000)
    with pytest.raises(NotThisFormat, match="unpack to"):
        program.read("xlsx", bomb, 1000)


async def test_a_document_reads_no_other_file() -> None:
    evil = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'

    def in_word(text: bytes) -> bytes:
        return text.replace(b"<w:document", evil + b"<w:document", 1).replace(b"Due on Friday.", b"&e;")

    def in_sheet(text: bytes) -> bytes:
        return (
            evil + text.partition(b"?>")[2].replace(b"<v>19.99</v>", b"<v>&e;</v>")
            if b"<v>" in text
            else text
        )

    for content in (
        repacked(word(), "word/document.xml", in_word),
        repacked(sheet(), "xl/worksheets/sheet1.xml", in_sheet),
        b"<!DOCTYPE html [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><html><body>&e;</body>",
    ):
        try:
            found = await read(content)
        except DocumentError:
            continue
        assert "root:" not in found["text"]


async def test_laughs_by_the_billion_end_at_a_limit() -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "' + b"ha" * 500 + b'">'
    for n in range(1, 9):
        before = f"&{chr(96 + n)};".encode()
        laughs += b"<!ENTITY " + chr(97 + n).encode() + b' "' + before * 20 + b'">'

    def laughing(text: bytes) -> bytes:
        body = text[text.index(b"<worksheet") :]
        return laughs + b"]>" + body.replace(b"<v>19.99</v>", b"<v>&i;</v>")

    with pytest.raises(DocumentError):
        await read(repacked(sheet(), "xl/worksheets/sheet1.xml", laughing))


async def test_an_endless_pdf_ends_at_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that are their own children, and a page of a hundred million letters."""
    with pytest.raises(DocumentError):
        await read(pdf(kids="2 0 R"))
    monkeypatch.setattr(reading, "SECONDS", 1.0)
    with pytest.raises(DocumentError):
        await read(pdf((line("x") + b"\n") * 2_000_000))


async def test_a_process_that_does_not_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SECONDS", 0.3)
    monkeypatch.setattr(reading, "_command", lambda *_: ["/bin/sleep", "60"])
    with pytest.raises(TooMuch, match="longer than"):
        await read(b"text")


async def test_a_process_that_prints_without_end_is_not_listened_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_command", lambda *_: ["/bin/cat", "/dev/zero"])
    with pytest.raises(TooMuch):
        await read(b"text", characters=100)


async def test_it_reads_without_bubblewrap_too(
    environment: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading.sandbox_launcher, "around", lambda _: [])
    assert (await read(b"just words"))["text"] == "just words"


async def test_the_process_has_neither_network_nor_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same walls and command, with a program that looks around."""
    look = ("import os, sys, json, socket\n"
            "def reach():\n"
            "    try:\n        socket.create_connection(('1.1.1.1', 80), 1)\n        return 'reached'\n"
            "    except OSError as e:\n        return type(e).__name__\n"
            "print(json.dumps({'format': 'text', 'text': repr(sorted(os.environ)) + reach() + repr(os.path.exists('/app/data'))}))")  # fmt: skip
    monkeypatch.setenv("QUADRILLE_SECRET_KEY", "canary")
    monkeypatch.setattr(reading, "_START", "{root!r};" + look.replace("{", "{{").replace("}", "}}"))
    told = (await read(b"text"))["text"]
    assert "canary" not in told
    assert "QUADRILLE" not in told
    if reading.sandbox_launcher.walls().bubblewrap:
        assert "reached" not in told


def test_files_come_as_data_addresses() -> None:
    told = "data:text/csv;name=a.csv;base64," + base64.b64encode(b"a,b").decode()
    assert reading.from_data(told) == (b"a,b", "text/csv")
    for wrong in ("file:///etc/passwd", "data:text/plain;base64,!!!", "data:", "words"):
        with pytest.raises(NotReadable):
            reading.from_data(wrong)


def test_the_program_limits_itself() -> None:
    assert program.MEMORY_BYTES <= 1_000_000_000
    assert program.CPU_SECONDS < reading.SECONDS
