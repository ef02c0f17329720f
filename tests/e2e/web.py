"""The web process alone, with the real pages, for tests of what happens at the door: no worker, settings at will."""

import os
import subprocess
import sys
from pathlib import Path

from tests.servers import ROOT, free_port, migrate, wait_for_port

_OWNER_LINK = """
import asyncio
from backend.core import db
from backend.identity import joining

async def main():
    async with db.database().transaction() as session:
        print(await joining.owner_link(session))
    await db.database().close()

asyncio.run(main())
"""


class Web:
    """Builds the pages when they are not current, migrates a database of its own, serves."""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self._environment: dict[str, str] = {}

    def start(self, **settings: str) -> None:
        """Serve, with more `QUADRILLE_*` settings."""
        own = {
            "QUADRILLE_DATA_DIR": str(self.folder),
            "QUADRILLE_PORT": str(self.port),
            "QUADRILLE_DATABASE_URL": f"sqlite:///{self.folder / 'web.db'}",
            "QUADRILLE_REDIS_URL": "redis://127.0.0.1:1/0",  # nobody there: the door must work without Redis
        }
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("QUADRILLE_")}
        self._environment = inherited | own | settings
        self._run("-m", "app.build")
        migrate(own["QUADRILLE_DATABASE_URL"])
        with (self.folder / "web.log").open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.serve"],
                cwd=ROOT,
                env=self._environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        wait_for_port(self.port, seconds=300)

    def owner_link(self) -> str:
        """A fresh link for the first owner; `None` as text once there is one."""
        return self._run("-c", _OWNER_LINK).strip()

    def stop(self) -> None:
        """Stop and wait."""
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=120)

    def log(self) -> str:
        """What it said so far."""
        return (self.folder / "web.log").read_text(errors="replace")

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self._environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
