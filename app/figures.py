"""Figures of the whole installation for Prometheus, taken from the database and Redis at the moment they are asked for."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import get_args

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from backend.core import db
from backend.core.queue import Group, depth, link
from backend.dead_letters import repository as dead_letters
from backend.dead_letters.words import WORDS
from backend.inference import workers as inference
from backend.inference.stats import WorkerStats
from backend.runs import alarms
from backend.runs import figures as runs

_PATIENCE_SECONDS = 3.0
_LOST = (*link.LOST, SQLAlchemyError, TimeoutError)
_COUNTED = {
    "texts": "Texts embedded",
    "batches": "Batches computed",
    "tokens": "Tokens of the texts",
    "padded_tokens": "Tokens computed, padding included",
    "queue_seconds": "Seconds that texts waited inside the worker",
    "tokenise_seconds": "Seconds spent on tokenising",
    "infer_seconds": "Seconds spent in the model",
}
_MEASURED = {
    "waiting": "Texts waiting inside the worker",
    "shapes": "Input shapes the model was compiled for",
    "rss_bytes": "Memory of the worker process",
}


async def text() -> bytes:
    """In Prometheus' format; what does not answer is left out, and `quadrille_source_up` says so."""
    sources = {"runs": _runs, "queues": _queues, "inference": _inference}
    taken = await asyncio.gather(*(_in_time(source) for source in sources.values()))
    up = GaugeMetricFamily(
        "quadrille_source_up", "Whether these figures could be taken (1) or not (0)", labels=["source"]
    )
    for name, found in zip(sources, taken, strict=True):
        up.add_metric([name], 0.0 if found is None else 1.0)
    registry = CollectorRegistry()
    registry.register(_Taken([up, *(metric for found in taken for metric in found or ())]))
    return generate_latest(registry)


class _Taken(Collector):
    """Metrics that are known already."""

    def __init__(self, metrics: list[Metric]) -> None:
        self.metrics = metrics

    def collect(self) -> Iterator[Metric]:
        """Give them as they are."""
        yield from self.metrics


async def _in_time(source: Callable[[], Awaitable[list[Metric]]]) -> list[Metric] | None:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            return await source()
    except _LOST:
        return None


async def _runs() -> list[Metric]:
    async with db.database().reading() as session:
        found = await runs.taken(session)
        open_letters = await dead_letters.open_by_reason(session, None)
        raised = {alarm.code for alarm in alarms.raised(await alarms.standing(session))}
    alarm = GaugeMetricFamily("quadrille_alarm", "1 while it is raised", labels=["alarm"])
    for code in alarms.CODES:
        alarm.add_metric([code], code in raised)
    by_status = GaugeMetricFamily("quadrille_runs", "Runs by their state", labels=["status"])
    for status, count in found.by_status.items():
        by_status.add_metric([status], count)
    letters = GaugeMetricFamily("quadrille_dead_letters", "Open dead letters", labels=["reason"])
    for reason in WORDS:
        letters.add_metric([reason], open_letters.get(reason, 0))
    return [
        by_status,
        alarm,
        letters,
        GaugeMetricFamily(
            "quadrille_run_queued_oldest_seconds",
            "How long the most patient queued run waits for a worker",
            value=found.oldest_queued_seconds,
        ),
        GaugeMetricFamily("quadrille_workers", "Living workers that play runs", value=found.workers),
        GaugeMetricFamily("quadrille_live_runs", "Runs held by living workers", value=found.live_runs),
    ]


async def _queues() -> list[Metric]:
    tasks = GaugeMetricFamily(
        "quadrille_queue_tasks", "Tasks in the queue", labels=["group", "priority", "state"]
    )
    dead = GaugeMetricFamily("quadrille_queue_dead_letters", "Tasks that were given up", labels=["group"])
    for group in get_args(Group):
        for one in await depth.depths(group):
            tasks.add_metric([group, one.priority, "waiting"], one.waiting)
            tasks.add_metric([group, one.priority, "running"], one.running)
        dead.add_metric([group], await depth.buried(group))
    return [tasks, dead]


async def _inference() -> list[Metric]:
    alive = await inference.living()
    return [
        GaugeMetricFamily("quadrille_inference_workers", "Living inference workers", value=len(alive)),
        *(_of_each(CounterMetricFamily, alive, name, words) for name, words in _COUNTED.items()),
        *(_of_each(GaugeMetricFamily, alive, name, words) for name, words in _MEASURED.items()),
    ]


def _of_each(
    family: type[CounterMetricFamily | GaugeMetricFamily], alive: list[WorkerStats], name: str, words: str
) -> Metric:
    metric = family(f"quadrille_inference_{name}", words, labels=["worker", "model", "precision"])
    for one in alive:
        metric.add_metric([one.worker, one.model, one.precision], float(getattr(one, name)))
    return metric
