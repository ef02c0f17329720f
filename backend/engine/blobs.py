"""Reads big values back: their pieces by digest, put together as `engine.chunks` took them apart."""

from collections.abc import Collection, Mapping

from sqlalchemy import bindparam, text

from backend.core.db import Session
from backend.engine import chunks

REMEMBERED_BYTES = 16_000_000
_PIECES = text("SELECT digest, data FROM blob WHERE team_id = :team AND digest IN :digests").bindparams(
    bindparam("digests", expanding=True)
)


class Remembered:
    """Pieces that were read before: what a growing list held at one step is most of what it held at the next."""

    def __init__(self) -> None:
        self._pieces: dict[str, bytes] = {}
        self._room = REMEMBERED_BYTES

    def find(self, digests: Collection[str]) -> dict[str, bytes]:
        """Those of the pieces that are here."""
        return {digest: self._pieces[digest] for digest in digests if digest in self._pieces}

    def add(self, found: Mapping[str, bytes]) -> None:
        """Remember these too, or begin anew when it gets too much."""
        self._room -= sum(map(len, found.values()))
        if self._room < 0:
            self._pieces.clear()
            self._room = REMEMBERED_BYTES
            return
        self._pieces |= found


async def pieces(session: Session, team_id: str, digests: Collection[str]) -> dict[str, bytes]:
    """These pieces as they are, a page of them at most."""
    connection = await session.connection()
    rows = await connection.execute(_PIECES, {"team": team_id, "digests": list(digests)})
    return {row.digest: chunks.unpacked(row.data) for row in rows}


async def whole(
    session: Session, team_id: str, roots: Collection[str], remembered: Remembered | None = None
) -> dict[str, bytearray]:
    """The values under these roots as JSON text; one that retention has removed is left out."""

    async def fetch(wanted: list[str]) -> Mapping[str, bytes]:
        found = remembered.find(wanted) if remembered else {}
        missing = [digest for digest in wanted if digest not in found]
        read = await pieces(session, team_id, missing) if missing else {}
        if remembered:
            remembered.add(read)
        return found | read

    return await chunks.whole(roots, fetch)
