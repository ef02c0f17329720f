"""Structured logging, configured once by the entry points."""

import logging
import sys

import structlog

from backend.core.settings import settings


def configure() -> None:
    """Send every log line through structlog: readable on a terminal, JSON elsewhere."""
    chosen = settings().log_format
    as_text = chosen == "text" or (chosen == "auto" and sys.stderr.isatty())
    level = logging.getLevelNamesMapping()[settings().log_level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    draw = structlog.dev.ConsoleRenderer() if as_text else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, draw],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def get(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger that carries its name."""
    return structlog.get_logger(logger_name=name)
