"""Settings with which nothing starts: each is named with its variable and its fix, by every entry point."""

import pytest

from backend.core import safety
from backend.core.settings import settings
from tests import forks

EVERYWHERE = "0.0.0.0"  # noqa: S104 - named, not bound
SAFE = (
    {},
    {"QUADRILLE_ENV": "dev"},
    {"QUADRILLE_ENV": "dev", "QUADRILLE_HOST": "localhost"},
    {"QUADRILLE_HOST": EVERYWHERE},
    {"QUADRILLE_REDIS_URL": "redis://127.0.0.1:6379/0"},
    {"QUADRILLE_REDIS_URL": "unix:///run/redis.sock"},
    {"QUADRILLE_REDIS_URL": "redis://:s3cret@redis.internal:6379/0"},
    {"QUADRILLE_PUBLIC_URL": "https://quadrille.example/"},
    {"QUADRILLE_PUBLIC_URL": "http://[::1]:3000"},
)
UNSAFE = (
    ("QUADRILLE_REDIS_URL", {"QUADRILLE_REDIS_URL": "redis://redis.internal:6379/0"}),
    ("QUADRILLE_REDIS_URL", {"QUADRILLE_REDIS_URL": "redis://10.0.0.7/0"}),
    ("QUADRILLE_ENV", {"QUADRILLE_ENV": "dev", "QUADRILLE_HOST": EVERYWHERE}),
    ("QUADRILLE_ENV", {"QUADRILLE_ENV": "dev", "QUADRILLE_HOST": "192.168.1.5"}),
    ("QUADRILLE_ENV", {"QUADRILLE_ENV": "dev", "QUADRILLE_HOST": "::"}),
    ("QUADRILLE_PUBLIC_URL", {"QUADRILLE_PUBLIC_URL": "ftp://quadrille.example"}),
    ("QUADRILLE_PUBLIC_URL", {"QUADRILLE_PUBLIC_URL": "quadrille.example"}),
    ("QUADRILLE_PUBLIC_URL", {"QUADRILLE_PUBLIC_URL": "https://"}),
    ("QUADRILLE_PUBLIC_URL", {"QUADRILLE_PUBLIC_URL": "https://quadrille.example:99999"}),
    ("QUADRILLE_PUBLIC_URL", {"QUADRILLE_PUBLIC_URL": "https://ada:pw@quadrille.example"}),
    ("QUADRILLE_PUBLIC_URL", {"QUADRILLE_PUBLIC_URL": "https://example/quadrille"}),
    ("QUADRILLE_PUBLIC_URL", {"QUADRILLE_PUBLIC_URL": "javascript:alert(1)"}),
)


def _set(environment: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    environment.setenv("QUADRILLE_ENV", "prod")
    for name, value in variables.items():
        environment.setenv(name, value)
    settings.cache_clear()


@pytest.mark.parametrize("variables", SAFE)
def test_what_is_safe_starts(environment: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    _set(environment, variables)
    safety.require()


@pytest.mark.parametrize(("place", "variables"), UNSAFE)
def test_what_is_unsafe_is_refused_with_its_place_and_fix(
    environment: pytest.MonkeyPatch, place: str, variables: dict[str, str]
) -> None:
    _set(environment, variables)
    with pytest.raises(safety.UnsafeSettings) as refused:
        safety.require()
    assert [problem.place for problem in refused.value.problems] == [place]
    assert refused.value.problems[0].fix
    assert "pw" not in refused.value.problems[0].message


def test_everything_wrong_is_told_at_once(environment: pytest.MonkeyPatch) -> None:
    _set(environment, {name: value for _, variables in UNSAFE[:3] for name, value in variables.items()})
    assert len(safety.fatal()) == 2


@pytest.mark.parametrize(
    "command",
    [
        ["app.cli.main", "up"],
        ["app.cli.main", "web"],
        ["app.cli.main", "worker"],
        ["backend.worker", "--runs"],
        ["app.serve"],
    ],
    ids=" ".join,
)
def test_no_entry_point_starts_with_an_open_redis(
    environment: pytest.MonkeyPatch, command: list[str]
) -> None:
    environment.setenv("QUADRILLE_REDIS_URL", "redis://redis.internal:6379/0")
    done = forks.run(*command)
    assert done.returncode in {1, 2}
    assert "requirepass" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (settings().data_dir / "redis").exists(), "it was refused before anything began"
