"""How much the chaos tests break: small at each merge, large at night, larger before a release."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Figures a test and database; C-01 has two shapes, and everything runs on two databases."""

    worker_kills: int
    """C-01."""
    worker_runs: int
    web_kills: int
    """C-02."""
    redis_kills: int
    """C-03."""
    instance_rounds: int
    """How often each process of a whole instance is killed."""
    places_at_once: int
    """C-05: over so many runs workers die one after the other before one lives; below five, or they are given up."""
    slow_readers: int
    """C-13."""
    storm: int
    """C-14: readers that drop their connection again and again."""
    clicks: int
    """C-15, by twenty people."""
    minutes: int
    """A test that takes longer has failed."""


SIZES = {
    "ci": Size(
        worker_kills=8,
        worker_runs=5,
        web_kills=10,
        redis_kills=3,
        instance_rounds=1,
        places_at_once=4,
        slow_readers=5,
        storm=20,
        clicks=100,
        minutes=15,
    ),
    "night": Size(
        worker_kills=75,
        worker_runs=50,
        web_kills=100,
        redis_kills=25,
        instance_rounds=8,
        places_at_once=1,
        slow_readers=50,
        storm=200,
        clicks=1000,
        minutes=60,
    ),
    "release": Size(
        worker_kills=250,
        worker_runs=125,
        web_kills=250,
        redis_kills=50,
        instance_rounds=20,
        places_at_once=1,
        slow_readers=50,
        storm=500,
        clicks=1000,
        minutes=180,
    ),
}
"""The figures of a row are for all its variants together: 8 kills of C-01 are 32 in two shapes on two databases."""
