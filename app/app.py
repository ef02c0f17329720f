"""Composes the web process: Reflex pages, the API under them, and what both need while they live."""

import reflex as rx

from app.api import api, living
from app.guard import Guard
from backend.core import log
from frontend import pages, shell
from frontend.errors import on_browser_error, on_error
from frontend.gate import guard

log.configure()
pages.load()

app = rx.App(
    stylesheets=["/quadrille.css"],
    head_components=shell.head(),
    html_lang="en",
    toaster=rx.toast.provider(position="bottom-right", close_button=True, rich_colors=False),
    backend_exception_handler=on_error,
    frontend_exception_handler=on_browser_error,
    api_transformer=[api(), Guard],
)
guard(app)
app.register_lifespan_task(living)
