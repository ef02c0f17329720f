"""The `quadrille` command where nothing runs: what it tells, and that no mistake ends in a traceback."""

import re
import subprocess
from pathlib import Path

import pytest

from backend.core import db
from backend.identity import edge
from backend.identity.permissions import ROLES
from backend.nodes.registry import all_kinds
from tests import forks
from tests.backend.identity import people
from tests.conftest import forget_settings
from tests.servers import Sqlite, free_port

Done = subprocess.CompletedProcess[str]


def quadrille(*arguments: str, stdin: str = "", **variables: str) -> Done:
    """The command in a process of its own, with the settings of this test."""
    variables = {"COLUMNS": "80", "NO_COLOR": "1"} | variables
    return forks.run("app.cli.main", *arguments, stdin=stdin, **variables)


def refused(done: Done, *words: str) -> None:
    """It failed with these words on standard error, and without a trace."""
    assert done.returncode != 0, done.stdout
    assert "Traceback" not in done.stderr + done.stdout
    for word in words:
        assert word in done.stderr, done.stderr


@pytest.fixture
def data(environment: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A data folder that does not exist, and a port on which nobody listens."""
    environment.setenv("QUADRILLE_PORT", str(free_port()))
    environment.setenv("QUADRILLE_ENV", "prod")
    return tmp_path / "data"


@pytest.fixture
def installed(data: Path, sqlite: Sqlite) -> Path:
    """A data folder with a migrated database in which nobody is."""
    data.mkdir()
    sqlite.fresh(data / "quadrille.db")
    forget_settings()
    return data


def test_help_names_every_word_of_the_product() -> None:
    said = quadrille("--help").stdout
    words = [
        "up",
        "web",
        "worker",
        "doctor",
        "migrate",
        "keys",
        "apply",
        "export",
        "eval",
        "run",
        "runs",
        "dead-letters",
        "kinds",
        "models",
        "events",
        "limits",
        "plan",
        "plans",
    ]
    assert [word for word in words if not re.search(rf"\b{word}\b", said)] == []


def test_kinds_are_listed_without_an_installation(data: Path) -> None:
    said = quadrille("kinds", COLUMNS="200")
    assert said.returncode == 0, said.stderr
    assert [name for name in all_kinds() if name not in said.stdout] == []


def test_migrate_makes_the_tables_once(data: Path) -> None:
    first, again = quadrille("migrate"), quadrille("migrate")
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert "now at the newest" in first.stdout
    assert "Nothing to do" in again.stdout
    assert (data / "quadrille.db").exists()


def test_doctor_names_what_is_missing_and_what_to_do(data: Path) -> None:
    said = quadrille("doctor", COLUMNS="200")
    assert said.returncode == 1
    assert "nothing answers" in said.stdout
    assert "make run" in said.stdout
    assert "Traceback" not in said.stderr


def test_doctor_names_unsafe_and_misspelt_settings(data: Path) -> None:
    said = quadrille(
        "doctor", COLUMNS="200", QUADRILLE_PUBLIC_URL="ftp://x", QUADRILLE_ENV="dev", QUADRILLE_PROT="1"
    )
    assert said.returncode == 1
    assert "ftp://x" in said.stdout
    assert "QUADRILLE_PROT" in said.stdout


@pytest.mark.parametrize(
    "arguments",
    [["run", "x"], ["runs", "list"], ["models"], ["export", "x"], ["keys", "create", "ci"]],
    ids=" ".join,
)
def test_without_an_installation_it_says_how_to_get_one(data: Path, arguments: list[str]) -> None:
    refused(quadrille(*arguments), "There is no running Quadrille", "make run")


def test_without_an_owner_it_says_where_the_link_is(installed: Path) -> None:
    for arguments in (["keys", "create", "ci"], ["runs", "list"]):
        refused(quadrille(*arguments), "no owner yet", "make run")


def test_a_server_that_is_away_is_named(data: Path) -> None:
    refused(quadrille("runs", "list", QUADRILLE_API_KEY="qk_x"), "Nothing answers at", "make run")


def test_wrong_input_and_missing_files_are_told(data: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"a": [1, }')
    refused(quadrille("run", "x", "--input", "{oh"), "is not JSON", "column")
    refused(quadrille("run", "x", "--input", f"@{broken}"), "is not JSON")
    refused(quadrille("run", "x", "--input", "-", stdin="[oh"), "is not JSON")
    refused(quadrille("run", "x", "--input", "@/nowhere/[x].json"), "There is no file /nowhere/[x].json")
    refused(quadrille("apply", "/nowhere.yaml"), "does not exist")


def test_wrong_settings_are_named_without_their_values(data: Path) -> None:
    done = quadrille("kinds", QUADRILLE_PORT="canary-port", QUADRILLE_LEASE_SECONDS="-1")
    refused(done, "QUADRILLE_PORT", "QUADRILLE_LEASE_SECONDS", "docs/settings.md")
    assert "canary-port" not in done.stderr


def test_a_database_that_is_away_is_told(data: Path) -> None:
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    refused(quadrille("migrate", QUADRILLE_DATABASE_URL=url), "database does not answer")


async def test_a_key_is_printed_once_and_opens_the_door(installed: Path) -> None:
    team = await people.team()
    await people.person(team, "owner")
    made = quadrille("keys", "create", "ci", "--role", "viewer", "--days", "7")
    assert made.returncode == 0, made.stderr
    by = await edge.principal_of_key(made.stdout.strip())
    assert by is not None
    assert (by.team_id, by.roles) == (team, ("viewer",))
    refused(quadrille("keys", "create", "ci", "--role", "emperor"), "'emperor'", ", ".join(ROLES))
    await db.database().close()
