"""The shipped templates: diagram files in the folder `templates` that people start from."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from backend.core import texts
from backend.core.db import Session
from backend.core.errors import NotFound
from backend.identity.principal import Principal
from backend.workflows import file, service
from backend.workflows.diagram import Diagram
from backend.workflows.models import Workflow

FOLDER = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Template:
    """A diagram to start from; `name` is its file's name, `place` its place in the gallery.

    `evaluation` is what the second document of the file says: the evaluation set that a workflow begins with.
    """

    name: str
    place: int
    tags: tuple[str, ...]
    diagram: Diagram
    evaluation: dict[str, Any] | None = None


Taken = Callable[[Session, Principal, Workflow, Template], Awaitable[None]]
_when_taken: list[Taken] = []


def when_taken(act: Taken) -> Taken:
    """Have layers above this one add what a workflow from a template begins with."""
    _when_taken.append(act)
    return act


async def take(session: Session, by: Principal, name: str, called: str | None = None) -> Workflow:
    """A new workflow from a template, under its name or another; raises NoSuchTemplate."""
    template = get(name)
    diagram = template.diagram.model_copy(update={"name": called}) if called else template.diagram
    workflow = await service.create(session, by, diagram)
    for act in _when_taken:
        await act(session, by, workflow, template)
    return workflow


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
    text, _, evaluation = path.read_text(encoding="utf-8").partition("\n---\n")
    place, _, tags = text.partition("\n")[0].removeprefix("#").partition(":")
    shown = tuple(tag.strip() for tag in tags.split(","))
    beside = texts.parse(evaluation).data if evaluation else None
    return Template(path.stem.replace("_", "-"), int(place), shown, file.read(text), beside)
