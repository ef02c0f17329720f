"""Where things lie in the installation."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / ".web"
STATIC = WEB / "build" / "client"
REFLEX_DIR = ROOT / "build" / "reflex"
