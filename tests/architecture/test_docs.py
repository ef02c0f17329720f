"""The generated pages say what the code says, and links in the documents lead somewhere."""

import re
from pathlib import Path

import pytest

from app.docs import pages

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\[[^\]]*\]\((?!https?:|#|mailto:)([^)#\s]+)")


@pytest.mark.parametrize(
    ("path", "text"), pages().items(), ids=lambda v: v.name if isinstance(v, Path) else ""
)
def test_a_generated_page_is_current(path: Path, text: str) -> None:
    assert path.exists(), f"run `make docs`: {path.name} is missing"
    assert path.read_text() == text, f"run `make docs`: {path.name} is stale"


@pytest.mark.parametrize(
    "page", [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], ids=lambda p: str(p.relative_to(ROOT))
)
def test_links_lead_somewhere(page: Path) -> None:
    broken = [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()]
    assert not broken, f"{page.name} links to {broken}"


def test_the_readme_names_make_targets_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = set(re.findall(r"`make ([a-z-]+)", (ROOT / "README.md").read_text()))
    assert named, "the README should name the commands"
    missing = [target for target in named if f"\n{target}:" not in makefile]
    assert not missing


def test_no_registry_and_no_machine_is_named() -> None:
    import subprocess

    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    named = []
    for name in filter(None, files):
        path = ROOT / name
        if path.suffix in {".png", ".woff2"} or not path.is_file():
            continue
        text = path.read_text(errors="ignore")
        hosts = ("registry." + "npmjs", "files." + "pythonhosted", "pypi." + "org")
        named += [f"{name}: {host}" for host in hosts if host in text]
    assert not named, "\n".join(named)
