"""Reflex's configuration, derived from our own settings; nothing here is read from the environment directly."""

import reflex as rx
from reflex.plugins import RadixThemesPlugin, SitemapPlugin

from backend.core.settings import settings
from frontend.plugin import QuadrillePlugin
from frontend.theme import radix_theme

# The state of open pages is kept in memory: one web process holds it (the draft rooms live there too), it holds
# nothing that the database does not, and it ends with the browser tab. The disk manager would pickle it into the
# working folder, where two installations meet, and Redis is the queue's alone (and Reflex unpickles what it reads there).
config = rx.Config(
    app_name="app",
    app_module_import="app.app",
    backend_host=settings().host,
    frontend_port=settings().port,
    backend_port=settings().port,
    api_url=settings().resolved_public_url(),
    deploy_url=settings().resolved_public_url(),
    cors_allowed_origins=[settings().resolved_public_url()],
    state_manager_mode=rx.constants.StateManagerMode.MEMORY,
    redis_token_expiration=12 * 3600,
    telemetry_enabled=False,
    show_built_with_reflex=False,
    react_strict_mode=False,
    plugins=[RadixThemesPlugin(theme=radix_theme()), QuadrillePlugin()],
    disable_plugins=[SitemapPlugin],
)
