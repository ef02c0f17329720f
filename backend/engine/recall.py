"""What a step that takes recorded answers has to know beforehand of the run that they come from."""

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, text

from backend.core.columns import Json
from backend.engine.ir import Scope

if TYPE_CHECKING:
    from backend.engine.live import LiveRun

_INPUTS = (
    text(
        "SELECT node_id, input FROM step WHERE run_id = :run AND path = :path AND visit = 1 AND node_id IN :nodes"
    )
    .columns(input=Json)
    .bindparams(bindparam("nodes", expanding=True))
)


async def joined(live: "LiveRun", scope: Scope, path: str) -> dict[str, frozenset[str]]:
    """Of joins that wait for some of their branches: whose results each went on with.

    Recorded answers come at once, so who is first now says nothing about who was.
    """
    acting = live.run.acting
    if acting is None:
        return {}
    joins = [
        i
        for i, part in scope.parts.items()
        if (part.need or part.patience) and acting.mode(i, path).mode == "recorded"
    ]
    if not joins:
        return {}
    asked = {"run": acting.source, "path": path, "nodes": joins}
    async with live.world.writer.database.reading() as session:
        rows = (await (await session.connection()).execute(_INPUTS, asked)).all()
    return {row.node_id: frozenset(row.input) for row in rows if row.input}
