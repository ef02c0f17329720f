"""A lock that this worker holds as long as it lives, so that its peers on this machine see its death at once."""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

_SUFFIX = ".lock"


class Presence:
    """The kernel lets go of the lock when the process ends, however it ends."""

    def __init__(self, folder: Path, worker_id: str) -> None:
        self._path = folder / f"{worker_id}{_SUFFIX}"
        self._file = -1

    def __enter__(self) -> Self:
        """Lock first, then show the file: a peer that sees it can never find it unlocked."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        hidden = self._path.with_suffix(".new")
        self._file = os.open(hidden, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        hidden.rename(self._path)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave without a trace."""
        self._path.unlink(missing_ok=True)
        os.close(self._file)


def dead(folder: Path) -> Iterator[str]:
    """Ids of workers of this machine whose lock nobody holds any more."""
    for path in folder.glob(f"*{_SUFFIX}"):
        if _is_free(path):
            yield path.name.removesuffix(_SUFFIX)


def forget(folder: Path, worker_id: str) -> None:
    """Remove what a dead worker left."""
    (folder / f"{worker_id}{_SUFFIX}").unlink(missing_ok=True)


def _is_free(path: Path) -> bool:
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(file)
