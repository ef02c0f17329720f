"""The process of `allocate_apart`: reads a question, writes the answer."""

import sys

from backend.planning.allocation.solving import allocate
from backend.planning.allocation.values import CannotAllocate
from backend.planning.allocation.wire import ANSWER, QUESTION, Refused


def main() -> None:
    """Once."""
    question = QUESTION.validate_json(sys.stdin.buffer.read())
    try:
        answer = allocate(question.tasks, question.candidates, question.limits)
    except CannotAllocate as error:
        answer = Refused(error.limit, error.message, error.fix, error.task, error.capability)
    sys.stdout.buffer.write(ANSWER.dump_json(answer))


if __name__ == "__main__":
    main()
