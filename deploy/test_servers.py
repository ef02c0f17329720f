"""Makes sure that the real servers of the tests are here: PostgreSQL 15+, Chromium, nginx, bubblewrap. Uses apt as root."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NEEDED = {
    "postgresql": any(Path("/usr/lib/postgresql").glob("*/bin/postgres")) and bool(shutil.which("psql")),
    "chromium": bool(shutil.which("chromium")),
    "nginx": Path("/usr/sbin/nginx").exists(),
    "bubblewrap": bool(shutil.which("bwrap")),
}
# The tests are quicker with it; where a distribution has none, they take `chromium`.
WISHED = {"chromium-headless-shell": bool(shutil.which("chromium-headless-shell"))}


def main() -> None:
    """Install what is missing, or say what to install."""
    may_install = os.getuid() == 0 and bool(shutil.which("apt-get"))
    missing = _absent(NEEDED)
    if missing and not may_install:
        sys.exit(
            f"The tests need {', '.join(missing)}. Install them first: sudo {' '.join(_install(missing))}"
        )
    wished = _absent(WISHED) if may_install else []
    if not missing and not wished:
        return
    print(f"· installing {', '.join([*missing, *wished])} for the tests", flush=True)
    _run(["apt-get", "update", "-qq"])
    if missing and (done := _run(_install(missing))).returncode != 0:
        sys.exit(f"Installing failed: {done.stderr.strip()}\nTry by hand: {' '.join(_install(missing))}")
    if wished:
        _run(_install(wished))


def _absent(packages: dict[str, bool]) -> list[str]:
    return sorted(name for name, present in packages.items() if not present)


def _install(packages: list[str]) -> list[str]:
    return ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, check=False, env=environment, capture_output=True, text=True)  # noqa: S603


if __name__ == "__main__":
    main()
