"""A whole Quadrille of its own for browser tests: `quadrille up` in a fresh data folder, on free ports."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from tests.servers import ROOT, free_port

_READY_SECONDS = 900  # the first start on a fresh machine builds the pages


class Instance:
    """Starts, tells its address and the owner's link, runs commands against itself, stops."""

    def __init__(self, data_dir: Path, **settings: str) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.owner_link = ""
        self.output = data_dir / "up.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._settings = settings

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every process of this instance."""
        own = {"QUADRILLE_DATA_DIR": str(self.data_dir), "QUADRILLE_PORT": str(self.port)}
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("QUADRILLE_")}
        return inherited | own | self._settings

    def start(self) -> None:
        """Start everything and wait until it says that it is ready."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli.main", "up"],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        said = self._wait_for("Press Ctrl+C")
        found = re.search(r"(http\S+/join/\S+)", said)
        self.owner_link = found.group(1) if found else ""

    def stop(self) -> None:
        """Ask it to stop and wait for every child."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=180)

    def quadrille(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run the `quadrille` command against this instance."""
        command = [sys.executable, "-m", "app.cli.main", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=check, timeout=600
        )

    def _wait_for(self, words: str) -> str:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            said = self.output.read_text(errors="replace")
            if words in said:
                return said
            if self.process and self.process.poll() is not None:
                raise RuntimeError(f"quadrille up ended with {self.process.returncode}:\n{said}")
            time.sleep(0.1)
        raise TimeoutError(f"quadrille up did not get ready:\n{self.output.read_text(errors='replace')}")
