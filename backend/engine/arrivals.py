"""What has been sent to a run while it plays."""

from backend.engine import journal
from backend.engine.live import LiveRun


async def look(live: LiveRun) -> None:
    """Deliver what is there, also that whose hint is late or lost."""
    for key, payload in (await journal.inbox(live.world.writer.database, live.run.run_id)).items():
        live.deliver(key, payload)
