"""The shape of the code: sizes of files and functions, and names that may not be used."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILE_LIMITS = {"backend": 300, "frontend": 300, "app": 300, "tests": 500}
FUNCTION_LIMITS = {"backend": 40, "frontend": 60, "app": 40}
ISLAND_LIMIT = 350
FORBIDDEN_NAMES = {"utils.py", "helpers.py", "misc.py", "common.py"}


def sources(folder: str, *patterns: str) -> Iterator[Path]:
    for pattern in patterns:
        yield from (p for p in (ROOT / folder).rglob(pattern) if "node_modules" not in p.parts)


@pytest.mark.parametrize("folder", FILE_LIMITS)
def test_a_file_is_one_idea(folder: str) -> None:
    long = [
        f"{path.relative_to(ROOT)}: {count} lines, at most {FILE_LIMITS[folder]}; cut it where the idea changes"
        for path in sources(folder, "*.py")
        if (count := len(path.read_text().splitlines())) > FILE_LIMITS[folder]
    ]
    assert not long, "\n".join(long)


def test_a_browser_file_is_one_idea() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {count} lines, at most {ISLAND_LIMIT}"
        for path in sources("frontend", "*.jsx", "*.js")
        if (count := len(path.read_text().splitlines())) > ISLAND_LIMIT
    ]
    assert not long, "\n".join(long)


@pytest.mark.parametrize("folder", FUNCTION_LIMITS)
def test_a_function_is_a_screenful(folder: str) -> None:
    long = [
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name}: {lines} lines, at most {FUNCTION_LIMITS[folder]}"
        for path in sources(folder, "*.py")
        for function in ast.walk(ast.parse(path.read_text()))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and (lines := length_without_docstring(function)) > FUNCTION_LIMITS[folder]
    ]
    assert not long, "\n".join(long)


def length_without_docstring(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body
    documented = isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    first = body[1] if documented and len(body) > 1 else body[0]
    return (function.end_lineno or 0) - first.lineno + 1


def test_every_file_names_its_idea() -> None:
    vague = [
        str(p.relative_to(ROOT)) for f in FILE_LIMITS for p in sources(f, "*.py") if p.name in FORBIDDEN_NAMES
    ]
    assert not vague, f"name the idea instead: {vague}"


def test_alembic_stays_a_folder() -> None:
    assert not (ROOT / "alembic" / "__init__.py").exists(), "it would hide the alembic package"


def test_colours_live_in_the_theme() -> None:
    import re

    literal = re.compile(r"""["'`\s:(](#[0-9a-fA-F]{3,8}|rgba?\(|hsla?\()""")
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}"
        for path in sources("frontend", "*.py", "*.jsx", "*.js", "*.css")
        if path.name not in {"theme.py", "theme.css"}
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if literal.search(line)
    ]
    assert not found, "use a variable of frontend/theme.py:\n" + "\n".join(found)
