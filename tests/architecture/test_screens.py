"""Every page of the product is kept as a picture in both of its looks, and every kept picture is shown somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCREENS = ROOT / "docs" / "screens"
INDEX = (SCREENS / "README.md").read_text()
ROW = re.compile(r"^\| `(\w+)\.py` \|.*\[light\]\((\S+?)\).*\[dark\]\((\S+?)\)", re.MULTILINE)
PAGES = sorted(one.stem for one in (ROOT / "frontend" / "pages").glob("*.py") if one.stem != "__init__")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_its_pictures_in_light_and_dark(page: str) -> None:
    pairs = [(light, dark) for name, light, dark in ROW.findall(INDEX) if name == page]
    assert pairs, f"docs/screens/README.md has no row for frontend/pages/{page}.py"
    for light, dark in pairs:
        assert dark == light.replace(".png", "-dark.png")
        assert (SCREENS / light).exists()
        assert (SCREENS / dark).exists()


def test_the_pictures_are_named_and_small() -> None:
    kept = {one.name: one.stat().st_size for one in SCREENS.glob("*.png")}
    shown = INDEX + "".join(one.read_text() for one in (ROOT / "docs" / "patterns").glob("*.md"))
    assert not [name for name in kept if name not in shown + (ROOT / "README.md").read_text()]
    assert sum(kept.values()) < 6_000_000, "compress them: 256 colours are enough"
