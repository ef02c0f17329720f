"""Every page compiles without Node and without a browser."""

import ast
from pathlib import Path

from frontend import routes
from frontend.state.frame import Frame

ROOT = Path(__file__).resolve().parents[2]


def test_every_page_compiles(compiled) -> None:
    paths = {f"/{route}" if route != "index" else "/" for route in compiled._pages}
    ours = {value for name, value in vars(routes).items() if name.isupper() and "?" not in value}
    assert ours <= paths


def test_every_page_shows_who_is_signed_in(compiled) -> None:
    """A page of members begins with `Frame.load`, else the rail is empty on a fresh load."""
    without = {"404"} | {r for r in compiled._pages if r.startswith(("sign-in", "join"))}
    for route in set(compiled._pages) - without:
        events = compiled._load_events.get(route)
        assert events, f"{route} loads nothing"
        assert events[0].fn is Frame.load.fn, f"{route} must begin with Frame.load"


def test_colours_stand_in_the_theme_alone() -> None:
    """Islands, pages and styles read variables; a literal would not follow light and dark."""
    import re

    literal = re.compile(r"#[0-9a-fA-F]{3,8}\b(?![^\n]*\bnoqa)|\brgba?\(|\bhsla?\(")
    files = [ROOT / "assets" / "quadrille.css", ROOT / "assets" / "shell.js"]
    for folder in ("pages", "components", "state", "editor", "runview"):
        files += [
            p for p in (ROOT / "frontend" / folder).rglob("*") if p.suffix in (".js", ".jsx", ".css", ".py")
        ]
    found = [f"{p.name}: {m.group()}" for p in files for m in literal.finditer(p.read_text())]
    assert not found, f"{found}: use a variable of frontend/theme.py"


def test_markdown_never_takes_raw_html() -> None:
    """`rx.markdown` passes HTML through by default (decision D14)."""
    for path in (ROOT / "frontend").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("markdown"):
                safe = any(k.arg == "use_raw" and ast.unparse(k.value) == "False" for k in call.keywords)
                assert safe, f"{path}:{call.lineno} needs use_raw=False"


def test_no_page_talks_to_another_host() -> None:
    from frontend.plugin import QuadrillePlugin

    assert all("://localhost/" in address for address in QuadrillePlugin().update_env_json().values())
