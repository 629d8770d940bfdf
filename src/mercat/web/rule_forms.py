"""A rule's terms as a form has them: to and from what the room keeps."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from pydantic import BaseModel, Field

from mercat.core.errors import Invalid
from mercat.domain.alerts import service as alerts

COMPARISONS = (
    ("abs_least", "moves either way by"),
    ("least", "is at least"),
    ("above", "is more than"),
    ("most", "is at most"),
    ("below", "is below"),
)
CHANNELS = (("in_app", "Here"), ("email", "By e-mail"), ("webhook", "By webhook"))
_HOUR = 3600


class RuleForm(BaseModel):
    """A rule's terms as they are typed."""

    name: str = Field("", max_length=200)
    description: str = Field("", max_length=2000)
    comparison: Literal["", "abs_least", "least", "above", "most", "below"] = ""
    threshold: str = Field("", max_length=30)
    critical_threshold: str = Field("", max_length=30)
    condition: str = Field("", max_length=4000)
    has_tree: bool = False
    severity: Literal["info", "warning", "critical"] = "warning"
    hysteresis_pct: str = Field("50", max_length=5)
    cooldown_h: str = Field("24", max_length=12)
    channels: list[Literal["in_app", "email", "webhook"]] = Field(default_factory=list, max_length=3)
    auto_resolve: bool = False
    days: Literal["7", "30", "90", "365"] = "90"

    def changes(self) -> dict[str, Any]:
        """By the names of the room. Raises ``Invalid`` naming the field."""
        threshold = number("threshold", self.threshold)
        given: dict[str, Any] = {
            "name": self.name,
            "description": self.description.strip() or None,
            "comparison": None if threshold is None else self.comparison or None,
            "threshold": threshold,
            "critical_threshold": number("critical_threshold", self.critical_threshold),
            "severity": self.severity,
            "hysteresis_pct": int(number("hysteresis_pct", self.hysteresis_pct) or 0),
            "cooldown_s": int((number("cooldown_h", self.cooldown_h) or Decimal(0)) * _HOUR),
            "channels": list(self.channels),
            "auto_resolve": self.auto_resolve,
        }
        if not self.has_tree:
            given["condition"] = alerts.from_text([line for line in self.condition.splitlines() if line.strip()])
        return given


class NewRule(RuleForm):
    """One more: its key, and of which kind of signal."""

    key: str = Field("", max_length=100)
    kind: str = Field("price_change", max_length=50)
    channels: list[Literal["in_app", "email", "webhook"]] = Field(["in_app"], max_length=3)
    auto_resolve: bool = True


def number(name: str, text: str) -> Decimal | None:
    """What was typed; empty is nothing. Raises ``Invalid``."""
    given = text.strip().removesuffix("%").strip()
    if not given:
        return None
    try:
        found = Decimal(given)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found) >= Decimal(10) ** 12:
        message = f"{text!r} is no number"
        raise Invalid(message, field=name)
    return found


def typed_of(rule: Mapping[str, Any]) -> RuleForm:
    lines = alerts.to_text(rule["condition"])
    return RuleForm(
        name=rule["name"],
        description=rule["description"] or "",
        comparison=rule["comparison"] or "",
        threshold=str(rule["threshold"] or ""),
        critical_threshold=str(rule["critical_threshold"] or ""),
        condition="\n".join(lines or []),
        has_tree=lines is None,
        severity=rule["severity"],
        hysteresis_pct=str(rule["hysteresis_pct"]),
        cooldown_h=f"{Decimal(rule['cooldown_s']) / _HOUR:f}",
        channels=rule["channels"],
        auto_resolve=rule["auto_resolve"],
        days="90",
    )
