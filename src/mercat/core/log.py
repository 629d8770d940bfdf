"""Structured logs: a constant event and its facts, to standard error and, where somebody keeps them, to a table.

Whatever a line says passes through the same redaction, so that no reader of either finds a secret.
"""

from __future__ import annotations

import datetime as dt
import logging
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import structlog
from structlog.processors import CallsiteParameter, CallsiteParameterAdder

from mercat.core.clock import now
from mercat.core.redaction import HIDDEN, scrub

if TYPE_CHECKING:
    from structlog.typing import EventDict, FilteringBoundLogger

_SECRET = ("password", "secret", "token", "authorization", "api_key", "credential", "cookie")
_DEEPEST = 6
_LONGEST = 20_000
_SILENT = logging.CRITICAL + 1


@dataclass(frozen=True)
class LogLine:
    """A line as it is kept: secrets hidden, values plain. ``data`` holds the facts that have no place of their own."""

    at: dt.datetime
    level: str
    event: str
    logger_name: str | None
    function: str | None
    line_number: int | None
    stack_trace: str | None
    data: Mapping[str, Any]


Take = Callable[[LogLine], None]


@dataclass
class _Sinks:
    """Who gets which lines in this process. Kept by a ``take`` that returns at once, whatever happens."""

    shown_from: int = logging.WARNING
    as_json: bool = False
    kept_from: int = _SILENT
    take: Take | None = None
    earlier: list[tuple[int, Take | None]] = field(default_factory=list)


_sinks = _Sinks()
_callsite = CallsiteParameterAdder(
    {CallsiteParameter.FUNC_NAME, CallsiteParameter.LINENO}, additional_ignores=["mercat.core.log"]
)


def configure(level: str, *, as_json: bool) -> None:
    """Send every log line to standard error at or above ``level``, as JSON or for people."""
    _sinks.shown_from, _sinks.as_json = number_of(level), as_json
    _apply()


def begin_keeping(take: Take, level: str) -> None:
    """Give every line at or above ``level`` to ``take`` as well, until ``end_keeping``."""
    _sinks.earlier.append((_sinks.kept_from, _sinks.take))
    _sinks.kept_from, _sinks.take = number_of(level), take
    _apply()


def keep_from(level: str) -> None:
    """Change the level from which lines are kept."""
    if _sinks.take is not None and _sinks.kept_from != number_of(level):
        _sinks.kept_from = number_of(level)
        _apply()


def end_keeping() -> None:
    """What was kept before ``begin_keeping`` is kept again."""
    _sinks.kept_from, _sinks.take = _sinks.earlier.pop()
    _apply()


def number_of(level: str) -> int:
    """The number that the standard library gives a level; ``OFF`` is above all."""
    return _SILENT if level.upper() == "OFF" else logging.getLevelNamesMapping()[level.upper()]


def get_logger(name: str) -> FilteringBoundLogger:
    """The logger of one module."""
    return cast("FilteringBoundLogger", structlog.get_logger(module=name))


def _apply() -> None:
    render = structlog.processors.JSONRenderer() if _sinks.as_json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redact,
            _keep,
            _show,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(min(_sinks.shown_from, _sinks.kept_from)),
        logger_factory=_to_standard_error,
        cache_logger_on_first_use=False,
    )


def _redact(_logger: object, _method: str, event: EventDict) -> EventDict:
    return {key: _hidden(key, value, 0) for key, value in event.items()}


def _hidden(key: str, value: Any, depth: int) -> Any:
    """A value as anybody may see it, and as JSON takes it."""
    if any(word in key.lower() for word in _SECRET):
        return HIDDEN
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if depth < _DEEPEST and isinstance(value, Mapping):
        return {str(name): _hidden(str(name), each, depth + 1) for name, each in value.items()}
    if depth < _DEEPEST and isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes):
        return [_hidden(key, each, depth + 1) for each in value]
    return scrub(str(value))[:_LONGEST]


def _keep(logger: Any, method: str, event: EventDict) -> EventDict:
    level = str(event.get("level", method))
    if _sinks.take is not None and number_of(level) >= _sinks.kept_from:
        site = _callsite(logger, method, {})
        facts = {key: value for key, value in event.items() if key not in _OWN_PLACE}
        _sinks.take(
            LogLine(
                at=now(),
                level=level,
                event=str(event.get("event", "")),
                logger_name=event.get("module"),
                function=site.get("func_name"),
                line_number=site.get("lineno"),
                stack_trace=event.get("exception"),
                data=facts,
            )
        )
    return event


_OWN_PLACE = frozenset({"level", "event", "module", "exception", "timestamp"})


def _show(_logger: object, method: str, event: EventDict) -> EventDict:
    if number_of(str(event.get("level", method))) < _sinks.shown_from:
        raise structlog.DropEvent
    return event


def _to_standard_error(*_names: object) -> structlog.PrintLogger:
    """Whatever standard error is by then: a progress bar, a test or a service manager may have put another in its place."""
    return structlog.PrintLogger(sys.stderr)
