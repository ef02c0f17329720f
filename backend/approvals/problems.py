"""What can stand in the way of a decision."""

from backend.core.errors import Conflict


class AlreadyDecided(Conflict):
    """Somebody was faster, or the time was over, or the run has ended."""

    code, title = "already_decided", "No longer open"


class ChangedMeanwhile(Conflict):
    """What would be decided is not what the decider was shown."""

    code, title = "changed_meanwhile", "The question has changed"
