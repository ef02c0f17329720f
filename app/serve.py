"""Serves the web process from a finished build: what `reflex run --env prod --single-port` does after building."""

import sys

from reflex.utils import exec as reflex_exec
from reflex_base.constants import Env, LogLevel
from reflex_base.environment import environment

from backend.core import safety
from backend.core.settings import settings


def serve() -> None:
    """Block until stopped; one worker process, for drafts and page states live in its memory."""
    safety.require()
    environment.REFLEX_ENV_MODE.set(Env.PROD)
    environment.REFLEX_SKIP_COMPILE.set(True)
    reflex_exec.run_backend_prod(
        settings().host, settings().port, LogLevel.WARNING, mount_frontend_compiled_app=True
    )


if __name__ == "__main__":
    try:
        serve()
    except safety.UnsafeSettings as unsafe:
        sys.exit("\n".join(f"{one.message} {one.fix}" for one in unsafe.problems))
