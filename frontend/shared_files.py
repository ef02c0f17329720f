"""Hands the browser files of an island to Reflex's build, and only to a build: serving needs their address alone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from reflex_base.environment import environment

SUFFIXES = frozenset({".js", ".jsx", ".css"})


def importable(folder: Path, entry: str, share: Callable[[str], object]) -> str:
    """Where `entry` is imported from, after every browser file of the folder went through `share`.

    `share` is `lambda name: rx.asset(name, shared=True)` of the folder's own package, for Reflex names the place
    after the calling module. Each such call inspects the whole stack, and among the frames of imports that costs 80 ms
    a file. Hence the thread, whose stack is short; and serving does without, for only Vite follows these links.
    """
    if not environment.REFLEX_SKIP_COMPILE.get():
        names = [path.name for path in sorted(folder.iterdir()) if path.suffix in SUFFIXES]
        with ThreadPoolExecutor(1) as thread:
            list(thread.map(share, names))
    return f"$/public/external/frontend/{folder.name}/{entry}"
