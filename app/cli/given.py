"""What people give a command: JSON in words, in a file, or on standard input."""

import sys
from pathlib import Path
from typing import Any

import orjson

from backend.core import json
from backend.core.errors import Invalid


def json_of(given: str) -> Any:
    """The value of JSON, of `@file.json`, or of `-` for standard input."""
    text = given
    if given == "-":
        text = sys.stdin.read()
    elif given.startswith("@"):
        file = Path(given[1:])
        if not file.is_file():
            raise Invalid(f"There is no file {file}.", fix="Give JSON, or @ and the path of a JSON file.")
        text = file.read_text()
    try:
        return json.loads(text)
    except orjson.JSONDecodeError as error:
        raise Invalid(
            f"The input is not JSON: {error}.", fix="""For example: --input '{"subject": "Refund"}'"""
        ) from error
