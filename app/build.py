"""Builds the browser's code once, and knows when that build is still the right one."""

import contextlib
import fcntl
import hashlib
import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.node import build_environment
from app.places import ROOT, STATIC, WEB

_STAMP = WEB / "quadrille.digest"
_LOCK = ROOT / "build" / "pages.lock"
_SHAPES_PAGES = ("app", "frontend", "assets", "backend")
_NPM_LOCK = "reflex.lock"
_SUFFIXES = frozenset({".py", ".js", ".jsx", ".css", ".svg", ".json", ".woff2", ".png", ".md", ".yaml"})


class BuildFailed(Exception):
    """The frontend could not be built; the message holds the end of Reflex's own words."""


def frontend_is_current() -> bool:
    """True when the built pages in `.web/build/client` come from exactly the sources that are here now.

    What Reflex 0.10.1 does, and why this function exists:

    * `reflex run --env prod` compiles the pages to JavaScript and runs Vite at *every* start; a flag to skip both
      does not exist for `--single-port` (`--backend-only` skips them, but then serves no pages either).
    * What it starts after that is plain: granian on `app.app:app` (a factory) with `REFLEX_SKIP_COMPILE=true` and
      `REFLEX_MOUNT_FRONTEND_COMPILED_APP=true`. `app.serve` does the same without the build, so a warm start costs
      only the import of the app.
    * The npm packages are pinned by `reflex.lock/{package.json,package-lock.json}`: Reflex copies both into `.web`
      before it installs, and writes them back after. Without addresses in the lock
      (`npm_config_omit_lockfile_registry_resolved`) it is the same behind every registry mirror.
    * The installation of packages is cached in `.web/reflex.install_frontend_packages.cached`; its key holds the
      path of npm, so another virtual environment installs again (from npm's cache).
    * `.web/env.json` holds the public address and Vite bakes it in; `frontend.plugin` takes it out again, so that
      one build serves every host and port.

    The digest covers the code that pages are made of, the npm lock, and Reflex's own version. Backend code counts,
    for pages take their words from it (permissions, run states).
    """
    return STATIC.is_dir() and _STAMP.exists() and _STAMP.read_text() == sources_digest()


def sources_digest() -> str:
    """SHA-256 over the name and content of everything that shapes the built pages, and one over the npm lock."""
    return f"{_digest(*_SHAPES_PAGES)} {_digest(_NPM_LOCK)}"


def _digest(*folders: str) -> str:
    digest = hashlib.sha256(importlib.metadata.version("reflex").encode())
    for path in _sources(folders):
        digest.update(f"\0{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def build() -> bool:
    """Build the pages unless they are current; True when something was built. Raises BuildFailed.

    A second start on the same folder waits for the first one's build.
    """
    if frontend_is_current():
        return False
    with _alone():
        return not frontend_is_current() and _build()


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    _LOCK.parent.mkdir(exist_ok=True)
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build() -> bool:
    _STAMP.unlink(missing_ok=True)
    built_from = _digest(*_SHAPES_PAGES)  # now: whatever changes during the build is not in it
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip", "--env", "prod"]
    done = subprocess.run(  # noqa: S603 - a fixed command
        command,
        cwd=ROOT,
        env=build_environment(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode != 0:
        raise BuildFailed("\n".join(done.stdout.splitlines()[-60:]))
    _without_addresses(ROOT / "reflex.lock" / "package-lock.json")
    _in_order(ROOT / "reflex.lock" / "package.json")
    _STAMP.write_text(f"{built_from} {_digest(_NPM_LOCK)}")
    return True


def _sources(folders: Sequence[str]) -> Iterator[Path]:
    yield ROOT / "rxconfig.py"
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in _SUFFIXES and path.is_file() and not _is_derived(path):
                yield path


def _is_derived(path: Path) -> bool:
    """`rx.asset(shared=True)` links the islands into `assets/external`; they are counted where they live."""
    return "external" in path.parts or "node_modules" in path.parts or "__pycache__" in path.parts


def _without_addresses(lock: Path) -> None:
    """Refuse to leave a registry's address in the committed lock, whoever's npm wrote it."""
    with contextlib.suppress(FileNotFoundError):
        if '"resolved": "http' in lock.read_text():
            raise BuildFailed(f"{lock} names a registry: delete its `resolved` lines and build again.")


def _in_order(package: Path) -> None:
    """Reflex writes the keys in the order in which they came to be; sorted, the committed file stays as it is."""
    package.write_text(json.dumps(json.loads(package.read_text()), indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    print("built" if build() else "current")  # noqa: T201 - a command people run
