"""What a merchant may set while Mercat runs: this room's keys, and what every key is made of."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from mercat.core.errors import Invalid

T = TypeVar("T")
_DAYS = r"\d{1,5}"
_FOR_EVER = "0 keeps them for ever"
# What a watcher's token begins with: only such credentials are compared with it.
SCRAPER = "mm_"


@dataclass(frozen=True)
class Key(Generic[T]):
    """A setting that the code knows. ``takes`` says in words what ``pattern`` allows; ``check`` judges what no pattern can.

    A secret's ``default`` is ``None``: not set.
    """

    name: str
    data_type: str
    default: T
    description: str
    takes: str
    pattern: str | None = None
    check: Callable[[Any], None] | None = None

    @property
    def category(self) -> str:
        """The first part of its name."""
        return self.name.partition(".")[0]

    @property
    def is_secret(self) -> bool:
        """Sealed where it is kept, and never shown."""
        return self.data_type == "secret"

    def parse(self, text: str) -> T:
        """The value that the text stands for. Raises ``Invalid``, which says what the key takes, never what a secret was."""
        said = "that" if self.is_secret else repr(text[:100])
        if self.pattern is not None and re.fullmatch(self.pattern, text) is None:
            message = f"{self.name} takes {self.takes}, not {said}"
            raise Invalid(message, field=self.name)
        try:
            value = _READERS[self.data_type](text)
        except ValueError as wrong:
            message = f"{self.name} takes {self.takes}, not {said}"
            raise Invalid(message, field=self.name) from wrong
        if self.check is not None:
            self.check(value)
        return value  # type: ignore[no-any-return]  # what the reader of its type gives

    def text_of(self, value: T) -> str | None:
        """The value as it is kept and shown."""
        if value is None:
            return None
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _switch(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


def _json(text: str) -> Any:
    return json.loads(text, parse_constant=_number)


_READERS: dict[str, Callable[[str], Any]] = {
    "string": str,
    "integer": int,
    "float": _number,
    "boolean": _switch,
    "json": _json,
    "secret": str,
}
_known: dict[str, Key[Any]] = {}


def declare(key: Key[T]) -> Key[T]:
    """Make a key known; a room does so in its own ``configurable.py``."""
    _known[key.name] = key
    return key


def known_keys() -> dict[str, Key[Any]]:
    """All keys that were declared, by name."""
    return dict(sorted(_known.items()))


def days(name: str, default: int, of: str) -> Key[int]:
    """An age in days."""
    return declare(
        Key(
            name,
            "integer",
            default,
            f"days for which {of} are kept; {_FOR_EVER}",
            "a number of days, 0 to 99999",
            _DAYS,
        )
    )


def switch(name: str, *, default: bool, description: str) -> Key[bool]:
    """On or off."""
    return declare(Key(name, "boolean", default, description, "true or false", "(?i)true|false"))


LOG_LEVEL = declare(
    Key(
        "logs.level",
        "string",
        "INFO",
        "from which level on log lines are kept in the database as well; a running process notices within 30 s",
        "DEBUG, INFO, WARNING, ERROR or OFF",
        "DEBUG|INFO|WARNING|ERROR|OFF",
    )
)
WARN_PCT = declare(
    Key(
        "usage.warn_pct",
        "float",
        80.0,
        "the share of a month's budget, in percent, from which on a warning is given, once a month",
        "a percentage from 1 to 100",
        r"(100(\.0+)?|[1-9]\d?(\.\d+)?)",
    )
)
WEBHOOK_TIMEOUT = declare(
    Key(
        "webhooks.timeout_s",
        "integer",
        15,
        "seconds that an endpoint has to take a webhook in, all in all",
        "a number of seconds from 1 to 30",
        r"[1-9]|[12]\d|30",
    )
)
WEBHOOK_DISABLE_DAYS = declare(
    Key(
        "webhooks.disable_after_days",
        "integer",
        5,
        "days of nothing but failure after which an endpoint is switched off; 0 never",
        "a number of days from 0 to 365",
        r"\d{1,2}|[12]\d\d|3[0-5]\d|36[0-5]",
    )
)
WEBHOOK_OVERLAP = declare(
    Key(
        "webhooks.rotation_hours",
        "integer",
        24,
        "hours for which an endpoint's old secret still signs beside the new one",
        "a number of hours from 0 to 999",
        r"\d{1,3}",
    )
)
WEBHOOKS_PAUSED = switch(
    "webhooks.paused",
    default=False,
    description="true: nothing is sent; what happens waits until it is false again, which is noticed within five minutes",
)
KEEP_LOGS = days("retention.logs_days", 30, "log lines in the database")
KEEP_JOB_LOGS = days("retention.job_logs_days", 14, "the logs of jobs that went well or were cancelled")
KEEP_USAGE = days(
    "retention.usage_days", 400, "calls to others that were counted (those of this month stay in any case)"
)
KEEP_INBOX = days("retention.inbox_days", 30, "marks of deliveries that came in and were worked on")
KEEP_WEBHOOKS = days("retention.webhooks_days", 30, "webhook deliveries that arrived, or were given up")
METRICS_TOKEN: Key[str | None] = declare(
    Key(
        "metrics.token",
        "secret",
        None,
        "a bearer token that opens /metrics and /health and nothing else, for Prometheus and other watchers",
        "mm_ and then 20 to 200 letters, digits, '-' or '_'",
        SCRAPER + r"[A-Za-z0-9_-]{20,200}",
    )
)
HEALTH_WAIT = declare(
    Key(
        "health.longest_wait_s",
        "integer",
        900,
        "seconds that a job may wait for a worker before health is degraded",
        "a number of seconds, 1 to 999999",
        r"[1-9]\d{0,5}",
    )
)
HEALTH_DISK = declare(
    Key(
        "health.least_disk_mb",
        "integer",
        1024,
        "free megabytes below which health is degraded; below a tenth of them it is failing",
        "a number of megabytes, 0 to 9999999",
        r"\d{1,7}",
    )
)
HEALTH_STALE = declare(
    Key(
        "health.stale_hours",
        "integer",
        0,
        "hours without a good run of a feed or a store after which health is degraded; 0 does not look",
        "a number of hours, 0 to 99999",
        r"\d{1,5}",
    )
)
