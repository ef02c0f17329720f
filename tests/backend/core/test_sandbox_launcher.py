"""The script that starts the sandbox, written while other threads start programs."""

import subprocess
import threading
from pathlib import Path

import pytest

from backend.core import sandbox_launcher
from tests.conftest import forget_settings


def test_the_script_can_be_started_while_others_start_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUADRILLE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("QUADRILLE_SANDBOX_BWRAP", "off")
    forget_settings()
    sandbox_launcher.walls.cache_clear()
    over = threading.Event()

    def start_programs() -> None:
        while not over.is_set():
            subprocess.run(["/bin/true"], check=True)

    others = [threading.Thread(target=start_programs) for _ in range(6)]
    for other in others:
        other.start()
    try:
        for _ in range(150):
            script = sandbox_launcher.launcher()
            subprocess.run([script, "--version"], capture_output=True, check=True)
            script.unlink()
    finally:
        over.set()
        for other in others:
            other.join()
        sandbox_launcher.walls.cache_clear()
        forget_settings()
