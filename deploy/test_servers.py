"""Makes sure that the real servers of the tests are here: PostgreSQL 15+, Chromium, bubblewrap. Uses apt as root."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NEEDED = {
    "postgresql": any(Path("/usr/lib/postgresql").glob("*/bin/postgres")) and bool(shutil.which("psql")),
    "chromium": bool(shutil.which("chromium")),
    "bubblewrap": bool(shutil.which("bwrap")),
}


def main() -> None:
    """Install what is missing, or say what to install."""
    missing = sorted(name for name, present in NEEDED.items() if not present)
    if not missing:
        return
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
    if os.getuid() != 0 or not shutil.which("apt-get"):
        sys.exit(f"The tests need {', '.join(missing)}. Install them first: sudo {' '.join(install)}")
    print(f"· installing {', '.join(missing)} for the tests", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], install):
        done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True)  # noqa: S603
    if done.returncode != 0:
        sys.exit(f"Installing failed: {done.stderr.strip()}\nTry by hand: {' '.join(install)}")


if __name__ == "__main__":
    main()
