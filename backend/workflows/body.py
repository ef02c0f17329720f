"""Reads diagrams from request bodies, whichever of the accepted forms they come in."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar, cast
from urllib.parse import quote

from fastapi import Request
from pydantic import ValidationError

from backend.core import bodies, source, texts
from backend.core.errors import Invalid, Problem
from backend.workflows import file, placing
from backend.workflows.diagram import Diagram
from backend.workflows.foreign import reading
from backend.workflows.foreign.sketch import Imported, Report
from backend.workflows.schemas import WorkflowCreate

_T = TypeVar("_T")
_IN_PLACE_BYTES = 20_000  # below this, a thread costs more than the reading
_DIAGRAM: dict[str, Any] = {"$ref": "/api/v1/schema/diagram.json"}
_YAML: dict[str, Any] = {"schema": {"type": "string"}}
DIAGRAM_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": _DIAGRAM}, "application/yaml": _YAML},
    }
}
CREATE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": False,
        "content": {
            "application/json": {"schema": {"anyOf": [_DIAGRAM, WorkflowCreate.model_json_schema()]}},
            "application/yaml": _YAML,
        },
    }
}

IMPORT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {}}, "application/yaml": _YAML},
    }
}


async def diagram(request: Request) -> Diagram:
    """The diagram in the body; raises Unreadable with every problem located."""
    text = await bodies.text(request)
    return await in_thread(_own, text) if len(text) > _IN_PLACE_BYTES else _own(text)


async def new_workflow(request: Request) -> Diagram | WorkflowCreate:
    """What a workflow is to be made of: a diagram of one's own, or a template, or nothing but a name."""
    text = await bodies.text(request)
    if not text.strip():
        return WorkflowCreate()
    return await in_thread(_drawn, text) if len(text) > _IN_PLACE_BYTES else _drawn(text)


async def imported(request: Request) -> Imported:
    """The diagram of another tool's file with the report of what was left behind; ours are taken, too."""
    return await in_thread(_imported, await bodies.text(request))


def _own(text: bytes) -> Diagram:
    return placing.spread_out(file.read(text))


def _drawn(text: bytes) -> Diagram | WorkflowCreate:
    if foreign := reading.of_code(source.decoded(text)):
        return foreign.diagram
    found = texts.parse(text)
    data: Any = found.data
    if isinstance(data, dict) and data.keys() <= WorkflowCreate.model_fields.keys():
        return _asked_for(cast(dict[str, Any], data))
    return _read(found).diagram


def _imported(text: bytes) -> Imported:
    return reading.of_code(source.decoded(text)) or _read(texts.parse(text))


def _read(found: source.Source) -> Imported:
    if foreign := reading.of_data(found.data):
        return foreign
    drawn = placing.spread_out(file.of(found))
    return Imported(drawn, Report(source="Quadrille", nodes=len(drawn.nodes), carried=len(drawn.nodes)))


async def in_thread(work: Callable[..., _T], *given: Any) -> _T:
    """Large texts must not hold up everybody else."""
    return await asyncio.to_thread(work, *given)


def attachment(name: str) -> str:
    """The header that offers a download under this name, whatever its script."""
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}"


def _asked_for(data: dict[str, Any]) -> WorkflowCreate:
    try:
        return WorkflowCreate.model_validate(data)
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_input=False)
        problems = [Problem(f"{e['loc'][0]}: {e['msg']}.", str(e["loc"][0]), "Correct it.") for e in errors]
        raise Invalid(problems[0].message, problems=problems) from None
