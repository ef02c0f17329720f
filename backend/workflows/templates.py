"""The shipped templates: diagram files in the folder `templates` that people start from."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from backend.core.errors import NotFound
from backend.workflows import file
from backend.workflows.diagram import Diagram

FOLDER = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Template:
    """A diagram to start from; `name` is its file's name, `place` its place in the gallery."""

    name: str
    place: int
    tags: tuple[str, ...]
    diagram: Diagram


class NoSuchTemplate(NotFound):
    """No template of that name is shipped."""

    code = "no_such_template"


@lru_cache
def all_() -> tuple[Template, ...]:
    """Every template, in the order of the gallery."""
    return tuple(sorted((_read(path) for path in FOLDER.glob("*.yaml")), key=lambda t: t.place))


def get(name: str) -> Template:
    """The template of that name; raises NoSuchTemplate."""
    found = next((template for template in all_() if template.name == name), None)
    if found is None:
        known = ", ".join(template.name for template in all_())
        raise NoSuchTemplate(f"There is no template “{name}”.", fix=f"Choose one of: {known}.")
    return found


def _read(path: Path) -> Template:
    """The first line of a template says its place and its tags: `# 1: support, approval`."""
    text = path.read_text(encoding="utf-8")
    place, _, tags = text.partition("\n")[0].removeprefix("#").partition(":")
    shown = tuple(tag.strip() for tag in tags.split(","))
    return Template(path.stem.replace("_", "-"), int(place), shown, file.read(text))
