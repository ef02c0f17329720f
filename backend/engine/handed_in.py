"""The pieces of values that a claim has handed to the writer."""

from collections.abc import Sequence

from backend.engine.chunks import Piece
from backend.engine.values import Kept

MUCH_BYTES = 1_000_000
"""Who stores more at once waits for the disk: its value is held once until then, and not copied piece by piece."""


class HandedIn:
    """Pieces are not sent again: once one is lost, nothing that follows is stored."""

    def __init__(self) -> None:
        self._digests: set[str] = set()
        self.much = False
        """Whether more than a little may be ahead of the disk; who has waited for it takes this back."""

    def new(self, value: Kept) -> Sequence[tuple[str, Piece]]:
        """Those of a value's pieces that were not handed in before, as from now on."""
        found = [(digest, piece) for digest, piece in value.blobs if digest not in self._digests]
        self._digests.update(digest for digest, _ in found)
        self.much = self.much or sum(len(piece) for _, piece in found) > MUCH_BYTES
        return found if self.much else [(digest, bytes(piece)) for digest, piece in found]
