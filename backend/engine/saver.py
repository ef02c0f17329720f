"""LangGraph's checkpointer on the group-commit writer: checkpoints stand or fall with the run's rows, under its fence."""

import inspect
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, cast

import orjson
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    WRITES_IDX_MAP,
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
    get_checkpoint_metadata,
)

from backend.core import clock
from backend.engine import checkpoints, serde
from backend.engine.checkpoints import Stored
from backend.engine.records import CheckpointRow, Commit, WriteRow
from backend.engine.values import dumps
from backend.engine.writer import Writer

Claim = tuple[str, int]  # team and fencing token


class GroupCommitSaver(BaseCheckpointSaver[int]):
    """Threads are runs. A thread that was admitted is fenced by its token; others (tools, tests) are not."""

    def __init__(self, writer: Writer, team_id: str = "") -> None:
        super().__init__(serde=serde.strict())
        self._writer = writer
        self._team_id = team_id
        self._claims: dict[str, Claim] = {}
        self._fresh: set[str] = set()

    def admit(self, thread_id: str, claim: Claim, *, fresh: bool) -> None:
        """From now on this thread's writes carry the claim; a fresh one has no checkpoint to look for."""
        self._claims[thread_id] = claim
        if fresh:
            self._fresh.add(thread_id)

    def dismiss(self, thread_id: str, claim: Claim) -> None:
        """The claim has left this process; a newer one of the same run may be here already."""
        if self._claims.get(thread_id) == claim:
            del self._claims[thread_id]
            self._fresh.discard(thread_id)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Store a checkpoint; done after COMMIT."""
        where = _configurable(config)
        kind, data = self.serde.dumps_typed(checkpoint)
        about = dumps(get_checkpoint_metadata(config, metadata))
        ns, checkpoint_id = where.get("checkpoint_ns", ""), checkpoint["id"]
        row = CheckpointRow(ns, checkpoint_id, where.get("checkpoint_id"), kind, data, about)
        commit = self._commit(where["thread_id"])
        commit.checkpoints.append(row)
        self._fresh.discard(where["thread_id"])
        await self._store(commit, ns)
        return _config(where["thread_id"], ns, checkpoint_id)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Store what a task has written before its superstep is over; done after COMMIT."""
        where = _configurable(config)
        place = (where.get("checkpoint_ns", ""), where["checkpoint_id"], task_id)
        commit = self._commit(where["thread_id"])
        for number, (channel, value) in enumerate(writes):
            idx = WRITES_IDX_MAP.get(channel, number)
            kind, data = self.serde.dumps_typed(value)
            commit.writes.append(WriteRow(*place, idx, task_path, channel, kind, data))
        await self._store(commit, place[0])

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The checkpoint that the config names, else the newest of its thread."""
        where = _configurable(config)
        if where["thread_id"] in self._fresh:
            return None
        ns, checkpoint_id = where.get("checkpoint_ns", ""), where.get("checkpoint_id")
        wanted = checkpoints.Wanted(where["thread_id"], ns, checkpoint_id)
        async with self._writer.database.reading() as session:
            async for stored in checkpoints.newest_first(session, wanted):
                return self._tuple(stored, await checkpoints.writes(session, stored))
        return None

    async def alist(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[CheckpointTuple]:
        """Checkpoints, newest first."""
        where = _configurable(config) if config else {}
        wanted = checkpoints.Wanted(
            where.get("thread_id"), where.get("checkpoint_ns"), where.get("checkpoint_id")
        )
        older_than = _configurable(before).get("checkpoint_id") if before else None
        found = 0
        async with self._writer.database.reading() as session:
            async for stored in checkpoints.newest_first(session, wanted, older_than):
                if limit is not None and found >= limit:
                    return
                if _matches(stored.about, filter or {}):
                    found += 1
                    yield self._tuple(stored, await checkpoints.writes(session, stored))

    async def adelete_thread(self, thread_id: str) -> None:
        """Forget a thread."""
        async with self._writer.database.transaction() as session:
            await checkpoints.delete(session, [thread_id])

    async def acopy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """Copy a thread with all its checkpoints and writes."""
        async with self._writer.database.transaction() as session:
            await checkpoints.copy(session, source_thread_id, target_thread_id)

    async def adelete_for_runs(self, run_ids: Sequence[str]) -> None:
        """Forget what was written under these LangGraph run ids."""
        async with self._writer.database.transaction() as session:
            async for stored in checkpoints.newest_first(session, checkpoints.Wanted()):
                if stored.about.get("run_id") in run_ids:
                    await checkpoints.delete_one(session, stored)

    async def aprune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Keep only the newest checkpoint of each namespace, or nothing."""
        async with self._writer.database.transaction() as session:
            if strategy == "delete":
                await checkpoints.delete(session, thread_ids)
                return
            for thread_id in thread_ids:
                seen: set[str] = set()
                async for stored in checkpoints.newest_first(session, checkpoints.Wanted(thread_id)):
                    if stored.ns in seen:
                        await checkpoints.delete_one(session, stored)
                    seen.add(stored.ns)

    async def _store(self, commit: Commit, ns: str) -> None:
        """A run's own graph has one node, and its journal says what was played: what it leaves is stored in its order, before
        whatever the run does next, and nothing waits for it.
        """
        stored = self._writer.submit(commit)
        if ns or commit.run_id not in self._claims:
            await stored

    def _commit(self, thread_id: str) -> Commit:
        team_id, token = self._claims.get(thread_id, (self._team_id, None))
        return Commit(thread_id, team_id, token, clock.now())

    def _tuple(self, stored: Stored, writes: Sequence[checkpoints.StoredWrite]) -> CheckpointTuple:
        parent = _config(stored.thread_id, stored.ns, stored.parent_id) if stored.parent_id else None
        return CheckpointTuple(
            _config(stored.thread_id, stored.ns, stored.checkpoint_id),
            self.serde.loads_typed((stored.type, stored.data)),
            cast(CheckpointMetadata, stored.about),
            parent,
            [(w.task_id, w.channel, self.serde.loads_typed((w.type, w.data))) for w in writes],
        )


# LangGraph looks at this at every invocation, which takes longer than a pure step.
cast(Any, GroupCommitSaver.aput_writes).__signature__ = inspect.signature(GroupCommitSaver.aput_writes)


def _configurable(config: RunnableConfig) -> dict[str, Any]:
    return config.get("configurable", {})


def _config(thread_id: str, ns: str, checkpoint_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id, "checkpoint_ns": ns, "checkpoint_id": checkpoint_id}}


def _matches(about: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    plain: dict[str, Any] = orjson.loads(orjson.dumps(dict(wanted)))
    return all(about.get(name) == value for name, value in plain.items())
