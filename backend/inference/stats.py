"""What an inference worker counts, for /metrics and the models page."""

from dataclasses import asdict, dataclass, field

import psutil
from pydantic import BaseModel


class WorkerStats(BaseModel):
    """A living inference worker, as it last reported itself; seconds and counts are totals since it started."""

    worker: str
    model: str
    precision: str
    texts: int = 0
    batches: int = 0
    tokens: int = 0
    padded_tokens: int = 0
    queue_seconds: float = 0.0
    tokenise_seconds: float = 0.0
    infer_seconds: float = 0.0
    waiting: int = 0
    shapes: int = 0
    rss_bytes: int = 0
    last_error: str = ""


@dataclass
class Counters:
    """The running totals."""

    texts: int = 0
    batches: int = 0
    tokens: int = 0
    padded_tokens: int = 0
    queue_seconds: float = 0.0
    tokenise_seconds: float = 0.0
    infer_seconds: float = 0.0
    last_error: str = ""
    shapes: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])

    def report(self, *, worker: str, model: str, precision: str, waiting: int) -> WorkerStats:
        """The totals as others read them."""
        about = {"worker": worker, "model": model, "precision": precision, "waiting": waiting}
        rss = psutil.Process().memory_info().rss
        return WorkerStats.model_validate(
            asdict(self) | about | {"shapes": len(self.shapes), "rss_bytes": rss}
        )
