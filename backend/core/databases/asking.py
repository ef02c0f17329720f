"""One question to a team's database: checked, asked on a connection of its own, and answered within limits."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from backend.core.databases.errors import AddressWrong

SECONDS = 10.0
MOST_ROWS = 1_000
MOST_CHARACTERS = 400_000


@dataclass(frozen=True)
class Asked:
    """A statement with `$1`, `$2` … for its parameters, and how many rows are wanted."""

    statement: str
    parameters: Sequence[JsonValue] = ()
    rows: int = 100


async def query(team_id: str, address: str, asked: Asked) -> JsonValue:
    """`columns`, `rows` and `truncated`; raises DatabaseError or AddressRefused."""
    # Late, because few workers ask databases.
    from backend.core.databases import postgres, sqlite, statements

    scheme = address.strip().partition(":")[0].lower()
    if scheme in ("postgresql", "postgres"):
        statements.require_reading(asked.statement, "postgres")
        return await postgres.query(address.strip(), asked)
    if scheme == "sqlite":
        statements.require_reading(asked.statement, "sqlite")
        return await sqlite.query(team_id, address.strip(), asked)
    fix = "Store postgresql://USER:PASSWORD@HOST/DATABASE or sqlite:///FILE as the secret."
    raise AddressWrong("The connection is neither PostgreSQL nor SQLite.", fix=fix)


class Rows:
    """Rows as they come, up to the limits."""

    def __init__(self, wanted: int) -> None:
        self._most = min(max(wanted, 1), MOST_ROWS)
        self._left = MOST_CHARACTERS
        self.kept: list[JsonValue] = []
        self.truncated = False

    def add(self, row: Sequence[object]) -> bool:
        """Whether another may come."""
        cells = [_plain(cell) for cell in row]
        self._left -= sum(len(cell) if isinstance(cell, str) else 20 for cell in cells)
        if len(self.kept) >= self._most or self._left < 0:
            self.truncated = True
            return False
        self.kept.append([*cells])
        return True

    def told(self, columns: Sequence[str]) -> JsonValue:
        """The answer as JSON."""
        return {"columns": [*columns], "rows": self.kept, "truncated": self.truncated}


def _plain(cell: object) -> JsonValue:
    """Numbers of more than 64 bits and everything unusual become text."""
    if cell is None or isinstance(cell, bool):
        return cell
    if isinstance(cell, int | float) and -(2**63) <= cell < 2**63:
        return cell
    if isinstance(cell, bytes):
        return cell[:100_000].hex()
    return str(cell).replace("\0", "").encode(errors="replace").decode()
