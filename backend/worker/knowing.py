"""What a step knows and remembers: the passages of the team's collections, and texts that it puts there."""

from pydantic import JsonValue

from backend.engine.effects import Recorder
from backend.identity.principal import Principal
from backend.knowledge import indexing, search
from backend.nodes.kind import FoundBy, Indexed, Passage
from backend.worker import forms


class Knowing:
    """The part of a step's context that reaches the team's collections."""

    recorder: Recorder
    _by: Principal

    async def search(
        self, collection: str, query: str, limit: int, found_by: FoundBy = "meaning"
    ) -> list[Passage]:
        """The passages of one of the team's collections that answer best."""
        asked: dict[str, JsonValue] = {"collection": collection, "query": query, "limit": limit}
        if found_by != "meaning":  # runs that were recorded before there was another way say nothing of it
            asked["by"] = found_by

        async def ask() -> list[Passage]:
            return await search.search(self._by, collection, query, limit, found_by)

        return await self.recorder.of("search", asked, ask, forms.PASSAGES)

    async def index(self, collection: str, source: str, title: str, text: str) -> Indexed:
        """Store a text in one of the team's collections."""
        request: JsonValue = {"collection": collection, "source": source, "title": title, "text": text}

        async def store() -> Indexed:
            return await indexing.index(self._by, collection, source, title, text)

        return await self.recorder.of("index", request, store, forms.INDEXED)
