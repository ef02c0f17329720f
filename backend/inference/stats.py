"""What an inference worker counts, for /metrics and the models page."""

import psutil
from pydantic import BaseModel, Field


class Totals(BaseModel):
    """Counts and seconds since the worker started, and its last error."""

    texts: int = 0
    batches: int = 0
    tokens: int = 0
    padded_tokens: int = 0
    queue_seconds: float = 0.0
    tokenise_seconds: float = 0.0
    infer_seconds: float = 0.0
    last_error: str = ""


class WorkerStats(Totals):
    """A living inference worker, as it last reported itself."""

    worker: str
    model: str
    precision: str
    waiting: int = 0
    shapes: int = 0
    rss_bytes: int = 0


class Counters(Totals):
    """The running totals, and the shapes of batches seen: (texts, tokens)."""

    shapes: set[tuple[int, int]] = Field(default_factory=set[tuple[int, int]])

    def report(self, *, worker: str, model: str, precision: str, waiting: int) -> WorkerStats:
        """The totals as others read them."""
        about = {"worker": worker, "model": model, "precision": precision, "waiting": waiting}
        rss = psutil.Process().memory_info().rss
        return WorkerStats.model_validate(
            self.model_dump(exclude={"shapes"}) | about | {"shapes": len(self.shapes), "rss_bytes": rss}
        )
