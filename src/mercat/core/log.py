"""Structured logs on standard error: a constant event and its facts."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, cast

import structlog

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

_SECRET = ("password", "secret", "token", "authorization", "api_key", "credential")


def _mask(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for key in event:
        if any(word in key.lower() for word in _SECRET):
            event[key] = "***"
    return event


def configure(level: str, *, as_json: bool) -> None:
    """Send every log line to standard error at or above ``level``; values under secret-looking names are masked."""
    render = structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _mask,
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=_to_standard_error,
        cache_logger_on_first_use=False,
    )


def _to_standard_error(*_names: object) -> structlog.PrintLogger:
    """Whatever standard error is by then: a progress bar, a test or a service manager may have put another in its place."""
    return structlog.PrintLogger(sys.stderr)


def get_logger(name: str) -> FilteringBoundLogger:
    """The logger of one module."""
    return cast("FilteringBoundLogger", structlog.get_logger(module=name))
