"""Hands the browser files of an island to Reflex's build, and only to a build: serving needs their address alone."""

from collections.abc import Callable
from pathlib import Path

from reflex_base.environment import environment

SUFFIXES = frozenset({".js", ".jsx", ".css"})


def importable(folder: Path, entry: str, share: Callable[[str], object]) -> str:
    """Where `entry` is imported from, after every browser file of the folder went through `share`.

    `share` is `lambda name: rx.asset(name, shared=True)` of the folder's own package, for Reflex names the place
    after the calling module. Each such call inspects the whole stack, and at import time that costs 50 ms a file:
    three seconds of every start, for links that only Vite follows.
    """
    if not environment.REFLEX_SKIP_COMPILE.get():
        for path in sorted(folder.iterdir()):
            if path.suffix in SUFFIXES:
                share(path.name)
    return f"$/public/external/frontend/{folder.name}/{entry}"
