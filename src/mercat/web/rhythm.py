"""When something happens again and again, as people say it: to and from cron expressions and intervals."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, Field

from mercat.core.errors import Invalid
from mercat.web.formats import duration

NEVER = "never"
Choice = Literal["never", "900", "3600", "7200", "21600", "daily", "weekdays", "weekly", "cron"]
# What the form offers; the numbers are intervals in seconds.
CHOICES: tuple[tuple[Choice, str], ...] = (
    ("900", "Every 15 minutes"),
    ("3600", "Every hour"),
    ("7200", "Every 2 hours"),
    ("21600", "Every 6 hours"),
    ("daily", "Every day at…"),
    ("weekdays", "Monday to Friday at…"),
    ("weekly", "Every Monday at…"),
    ("cron", "By a cron expression…"),
)
_DAYS: dict[str, str] = {"daily": "*", "weekdays": "1-5", "weekly": "1"}
_WORDS = {"*": "every day", "1-5": "Monday to Friday", "1": "every Monday"}
_AT = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_PLAIN = re.compile(r"(\d{1,2}) (\d{1,2}) \* \* (\*|1-5|1)")


class Rhythm(BaseModel):
    """The fields of a form that say when. ``at`` is the time of day, ``cron`` five fields."""

    when: Choice = "daily"
    at: str = Field("02:30", max_length=5)
    cron: str = Field("", max_length=200)

    @property
    def is_never(self) -> bool:
        """Whether nothing happens by itself."""
        return self.when == NEVER

    def parts(self) -> tuple[str | None, int | None]:
        """The cron expression, or the interval in seconds. Raises ``Invalid`` for a time that is none."""
        if self.when == "cron":
            return self.cron.strip(), None
        if self.when in _DAYS:
            found = _AT.fullmatch(self.at.strip())
            if found is None:
                message = f"{self.at!r} is no time of day: write it like 02:30"
                raise Invalid(message, field="at")
            return f"{int(found[2])} {int(found[1])} * * {_DAYS[self.when]}", None
        return None, None if self.is_never else int(self.when)


def rhythm_of(cron: str | None, every_s: int | None) -> Rhythm:
    """The form's fields for what is kept; an interval that the form does not offer is written as it is."""
    if cron is not None:
        found = _PLAIN.fullmatch(cron)
        when = next((name for name, days in _DAYS.items() if found and days == found[3]), None)
        if found is None or when is None:
            return Rhythm.model_validate({"when": "cron", "cron": cron})
        return Rhythm.model_validate({"when": when, "at": f"{int(found[2]):02}:{int(found[1]):02}"})
    known = str(every_s) in dict(CHOICES)
    return Rhythm.model_validate({"when": str(every_s) if known else NEVER})


def said(cron: str | None, every_s: int | None) -> str:
    """``every 2 h``, ``Monday to Friday at 02:30``, or the expression itself."""
    if every_s is not None:
        return f"every {duration(every_s)}" if every_s >= 10 else f"every {every_s} s"
    found = _PLAIN.fullmatch(cron or "")
    return f"{_WORDS[found[3]]} at {int(found[2]):02}:{int(found[1]):02}" if found else cron or ""
