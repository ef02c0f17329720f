"""How a sandbox process is started: with an empty environment, and inside bubblewrap where that works."""

import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from pydantic_monty._binary import find_monty_binary

from backend.core.settings import settings

# `-v` is a second wall behind the interpreter's own memory limit; `-c` because a crash must not write a core file.
_SCRIPT = """#!/bin/sh
# Written by Quadrille: starts a sandbox process. Changes are overwritten.
ulimit -c 0
ulimit -v 4000000 2>/dev/null
exec {command} "$@"
"""
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64")
_SHUT = ("--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL")


@dataclass(frozen=True)
class Walls:
    """What stands between user code and the machine, for `quadrille doctor`."""

    bubblewrap: bool
    why_not: str = ""


@lru_cache
def walls() -> Walls:
    """Whether bubblewrap is asked for and works; found by starting the sandbox in it once."""
    wish = settings().sandbox_bwrap
    if wish == "off":
        return Walls(bubblewrap=False, why_not="QUADRILLE_SANDBOX_BWRAP is off")
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        return Walls(bubblewrap=False, why_not="bubblewrap is not installed")
    tried = subprocess.run([*_wrapped(bwrap), "--version"], capture_output=True, timeout=20, check=False)  # noqa: S603
    if tried.returncode == 0:
        return Walls(bubblewrap=True)
    return Walls(bubblewrap=False, why_not=tried.stderr.decode(errors="replace").strip()[:300])


def launcher() -> Path:
    """The program that the pool starts; raises PermissionError when bubblewrap is demanded and does not work."""
    bwrap = _bubblewrap()
    wrapped = _wrapped(bwrap) if bwrap else ["/usr/bin/env", "-i", find_monty_binary()]
    return _written(_SCRIPT.format(command=shlex.join(wrapped)))


def around(places: Mapping[str, str]) -> list[str]:
    """What to put before a command that is to see these places alone, each under its new name; nothing where there are
    no walls. Raises PermissionError like `launcher`.
    """
    bwrap = _bubblewrap()
    if bwrap is None:
        return []
    binds = [part for place, name in places.items() for part in ("--ro-bind", place, name)]
    return [bwrap, *_SHUT, *_libraries(), *binds]


def _bubblewrap() -> str | None:
    found = walls()
    if settings().sandbox_bwrap == "on" and not found.bubblewrap:
        raise PermissionError(f"bubblewrap is demanded, but {found.why_not}")
    return shutil.which("bwrap") if found.bubblewrap else None


def _libraries() -> list[str]:
    return [part for path in _LIBRARIES if Path(path).exists() for part in ("--ro-bind", path, path)]


def _wrapped(bwrap: str) -> list[str]:
    """No network, no files but the program and its libraries, an empty environment, its own process ids."""
    return [bwrap, *_SHUT, *_libraries(), "--ro-bind", find_monty_binary(), "/monty", "/monty"]


def _written(script: str) -> Path:
    """Write the script once; several processes may do so at the same time, so it appears whole or not at all."""
    path = settings().data_dir.resolve() / "sandbox" / "start"
    if not path.exists() or path.read_text() != script:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{uuid4().hex}")
        # By a program: what this process has open for writing, a child that just begins has too, and the kernel
        # starts no script that anybody has open for writing ("Text file busy").
        tee = shutil.which("tee") or "/usr/bin/tee"
        subprocess.run([tee, str(fresh)], input=script.encode(), stdout=subprocess.DEVNULL, check=True)  # noqa: S603
        fresh.chmod(0o755)
        fresh.replace(path)
    return path
