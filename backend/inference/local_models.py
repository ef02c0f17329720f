"""Language models of the operator's own: folders in the form of OpenVINO GenAI, one model each."""

import re
from pathlib import Path

from backend.core.settings import settings

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_NEEDED = ("openvino_model.xml", "openvino_tokenizer.xml", "openvino_detokenizer.xml")


def folder() -> Path:
    """Where the folders are."""
    return Path(settings().llm_dir) if settings().llm_dir else settings().data_dir / "llm"


def names() -> list[str]:
    """The models that lie there."""
    place = folder()
    if not place.is_dir():
        return []
    return sorted(one.name for one in place.iterdir() if path(one.name) is not None)


def path(name: str) -> Path | None:
    """The model's folder, if it is one that can be read; a name never leads out of the folder."""
    found = folder() / name
    whole = _NAME.fullmatch(name) and all((found / part).is_file() for part in _NEEDED)
    return found if whole else None
