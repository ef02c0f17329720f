"""Reads a JSON body with a limit on its size, and with errors that name the place."""

from typing import Any, TypeVar

import orjson
from fastapi import Request
from pydantic import BaseModel, ValidationError

from backend.core import json
from backend.core.errors import Invalid, Problem, TooLarge
from backend.core.settings import settings

Model = TypeVar("Model", bound=BaseModel)


async def read(request: Request, model: type[Model]) -> Model:
    """The body as `model`. An empty body is an empty object; nothing beyond the limit is ever held in memory."""
    text = await limited(request, settings().max_input_bytes, "QUADRILLE_MAX_INPUT_BYTES")
    return parse(text or b"{}", model)


async def limited(request: Request, limit: int, setting: str) -> bytes:
    """The whole body, unless it is larger than the setting of that name allows."""
    text = bytearray()
    async for chunk in request.stream():
        text += chunk
        if len(text) > limit:
            raise TooLarge(
                f"The request is larger than {limit:,} bytes.",
                fix=f"Send less, or raise {setting}.",
                limit=limit,
            )
    return bytes(text)


def parse(text: bytes, model: type[Model]) -> Model:
    """Raises Invalid with the line of a syntax error, or with every wrong field."""
    try:
        return model.model_validate(json.loads(text))
    except orjson.JSONDecodeError as wrong:
        where = f"line {wrong.lineno}, column {wrong.colno}"
        problem = Problem(f"The body is not JSON: {wrong.msg} ({where}).", where, "Send one JSON object.")
    except ValidationError as wrong:
        problems = [
            Problem(
                f"{'.'.join(map(str, e['loc']))}: {e['msg']}",
                ".".join(map(str, e["loc"])),
                "Correct the field.",
            )
            for e in wrong.errors(include_url=False, include_input=False)
        ]
        raise Invalid(problems[0].message, problems=problems) from None
    raise Invalid(problem.message, problems=[problem])


def documented(model: type[BaseModel], *, required: bool = False) -> dict[str, Any]:
    """The body's schema for OpenAPI, which cannot see a body that is read by hand."""
    content = {"application/json": {"schema": model.model_json_schema()}}
    return {"requestBody": {"content": content, "required": required}}
