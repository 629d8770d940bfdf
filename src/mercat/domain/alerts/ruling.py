"""Rules: those that come with Mercat, and a merchant's own; thresholds for some; mutes; and trying a rule on the past."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from mercat.core.errors import Conflict, Invalid, NotFound
from mercat.core.money import exact
from mercat.core.unit import ReadUnit, WriteUnit
from mercat.domain.access.messages import Administered
from mercat.domain.alerts.catalogue import KINDS, Kind
from mercat.domain.alerts.conditions import checked
from mercat.domain.alerts.judging import Terms
from mercat.domain.alerts.models import CHANNELS, COMPARISONS, SEVERITIES, AlertMute, AlertRule, AlertThreshold
from mercat.domain.alerts.rule_repository import MuteRepository, RuleRepository, ThresholdRepository
from mercat.domain.alerts.schemas import RuleDraft, Subject
from mercat.domain.alerts.thresholds import scope_key

_KEY = re.compile(r"[a-z][a-z0-9_]{0,99}")
_LONGEST_COOLDOWN_S = 366 * 86_400
_CHANGEABLE = (
    "name", "description", "condition", "comparison", "threshold", "critical_threshold", "hysteresis_pct", "cooldown_s",
    "severity", "auto_resolve", "channels", "is_active",
)  # fmt: skip


def ensure_rules(unit: WriteUnit) -> None:
    """Put down the rules that come with Mercat and are not there yet; those that are stay as people made them."""
    repository = RuleRepository(unit.session)
    missing = KINDS.keys() - repository.keys()
    repository.add_missing([_shipped(KINDS[key]) for key in sorted(missing)], unit.now)


def get_rule(unit: ReadUnit, key: str) -> AlertRule:
    """By key. Raises ``NotFound``."""
    unit.actor.require("alerts.read")
    found = RuleRepository(unit.session).by_key(key)
    if found is None:
        message = f"there is no alert rule {key}; mercat alerts rules list shows them"
        raise NotFound(message)
    return found


def add_rule(unit: WriteUnit, draft: RuleDraft) -> AlertRule:
    """A rule of one's own. Raises ``Invalid``, and ``Conflict`` for a key that is taken."""
    unit.actor.require("alerts.rules")
    ensure_rules(unit)
    draft = _checked(draft)
    if RuleRepository(unit.session).by_key(draft.key) is not None:
        message = f"there is an alert rule {draft.key} already: give this one another key, or change that one"
        raise Conflict(message, field="key")
    kind = KINDS[draft.kind]
    values = asdict(draft)
    values["is_event"] = kind.is_event if draft.is_event is None else draft.is_event
    rule = AlertRule(**{**values, "channels": list(draft.channels)}, subject_type=kind.subject_type)
    unit.add(rule)
    _audit(unit, "alert_rule.added", rule)
    return rule


def change_rule(unit: WriteUnit, key: str, changes: Mapping[str, Any]) -> AlertRule:
    """Change a rule's terms; what is not named stays. Raises ``NotFound``, ``Invalid``."""
    unit.actor.require("alerts.rules")
    ensure_rules(unit)
    rule = get_rule(unit, key)
    draft = _changed(rule, changes)
    for name in _CHANGEABLE:
        value = getattr(draft, name)
        setattr(rule, name, list(value) if name == "channels" else value)
    unit.save()
    _audit(unit, "alert_rule.changed", rule, fields=sorted(changes))
    return rule


def terms_of(rule: AlertRule) -> Terms:
    """A rule as it judges."""
    return Terms(
        rule.id, rule.key, rule.kind, rule.severity, rule.condition, rule.comparison, rule.threshold,
        rule.critical_threshold, rule.hysteresis_pct, dt.timedelta(seconds=rule.cooldown_s), rule.is_event,
        rule.auto_resolve, tuple(rule.channels),
    )  # fmt: skip


def changed_terms(rule: AlertRule, changes: Mapping[str, Any]) -> Terms:
    """How a rule would judge with these changes. Raises ``Invalid``."""
    draft = _changed(rule, changes)
    return replace(
        terms_of(rule),
        severity=draft.severity,
        condition=draft.condition,
        comparison=draft.comparison,
        threshold=draft.threshold,
        critical_threshold=draft.critical_threshold,
        hysteresis_pct=draft.hysteresis_pct,
        cooldown=dt.timedelta(seconds=draft.cooldown_s),
        auto_resolve=draft.auto_resolve,
    )


def remove_rule(unit: WriteUnit, key: str) -> None:
    """Remove a rule of one's own; what it raised stays. Raises ``NotFound``, ``Conflict`` for one that comes with Mercat."""
    unit.actor.require("alerts.rules")
    rule = get_rule(unit, key)
    if rule.is_built_in:
        message = f"{key} comes with Mercat: `mercat alerts rules off {key}` switches it off"
        raise Conflict(message)
    _audit(unit, "alert_rule.removed", rule)
    unit.remove(rule)


def set_threshold(
    unit: WriteUnit,
    key: str,
    threshold: Decimal | None,
    *,
    user_id: UUID | None = None,
    subject_id: str | None = None,
    category_id: str | None = None,
) -> None:
    """Another threshold of a rule for an item, a category, a user, or a user's item; ``None`` takes it away.

    One's own needs no more than to read alerts; anybody else's, and the house's, ``alerts.rules``.
    """
    is_own = user_id is not None and user_id == unit.actor.id
    unit.actor.require("alerts.read" if is_own else "alerts.rules")
    if (subject_id is None and category_id is None and user_id is None) or (category_id and (subject_id or user_id)):
        message = "a threshold is for an item, for a category, for a user, or for a user's item"
        raise Invalid(message)
    ensure_rules(unit)
    rule = get_rule(unit, key)
    scope = scope_key(user_id, subject_id, category_id)
    there = ThresholdRepository(unit.session).at(rule.id, scope)
    if threshold is None:
        if there is not None:
            unit.remove(there)
    elif there is not None:
        there.threshold = exact(threshold)
        unit.save()
    else:
        where = {"user_id": user_id, "subject_id": subject_id, "category_id": category_id, "scope_key": scope}
        unit.add(AlertThreshold(rule_id=rule.id, threshold=exact(threshold), **where))


def list_thresholds(unit: ReadUnit, key: str) -> list[AlertThreshold]:
    """What differs from a rule's own threshold. Raises ``NotFound``."""
    return ThresholdRepository(unit.session).of(get_rule(unit, key).id)


def mute(
    unit: WriteUnit,
    *,
    rule: str | None = None,
    subject: Subject | None = None,
    until: dt.datetime | None = None,
    reason: str | None = None,
) -> AlertMute:
    """Raise no alert of a rule, about a subject, or of a rule about a subject, until then or for good."""
    unit.actor.require("alerts.handle")
    if rule is None and subject is None:
        message = "say which rule is to be silent, or about what"
        raise Invalid(message)
    ensure_rules(unit)
    made = AlertMute(
        rule_id=None if rule is None else get_rule(unit, rule).id,
        subject_type=None if subject is None else subject.type,
        subject_id=None if subject is None else subject.id,
        until=until,
        reason=reason,
        muted_by=unit.actor.name,
    )
    unit.add(made)
    return made


def unmute(unit: WriteUnit, mute_id: UUID) -> None:
    """Hear of it again. Raises ``NotFound``."""
    unit.actor.require("alerts.handle")
    unit.remove(MuteRepository(unit.session).get(mute_id))


def _changed(rule: AlertRule, changes: Mapping[str, Any]) -> RuleDraft:
    unknown = [name for name in changes if name not in _CHANGEABLE]
    if unknown:
        message = f"a rule's {', '.join(unknown)} cannot be changed; {', '.join(_CHANGEABLE)} can"
        raise Invalid(message)
    now = {name: getattr(rule, name) for name in _CHANGEABLE}
    return _checked(RuleDraft(rule.key, rule.kind, **{**now, **changes}))


def _shipped(kind: Kind) -> dict[str, Any]:
    return {
        "key": kind.key,
        "name": kind.name,
        "description": f"what is measured: {kind.measure}" if kind.measure else None,
        "kind": kind.key,
        "subject_type": kind.subject_type,
        "condition": checked(kind.condition),
        "comparison": kind.comparison,
        "threshold": kind.threshold,
        "critical_threshold": kind.critical_threshold,
        "hysteresis_pct": kind.hysteresis_pct,
        "cooldown_s": kind.cooldown_s,
        "severity": kind.severity,
        "is_event": kind.is_event,
        "auto_resolve": not kind.is_event,
        "channels": list(kind.channels),
        "is_active": kind.is_active,
        "is_built_in": True,
    }


def _checked(draft: RuleDraft) -> RuleDraft:
    if not _KEY.fullmatch(draft.key):
        message = "a rule's key is a small letter and then small letters, digits or _, 100 at most"
        raise Invalid(message, field="key")
    if draft.kind not in KINDS:
        message = f"there is no kind of signal {draft.kind!r}; there are {', '.join(sorted(KINDS))}"
        raise Invalid(message, field="kind")
    if draft.severity not in SEVERITIES or set(draft.channels) - set(CHANNELS):
        message = f"severity is one of {', '.join(SEVERITIES)}, channels are of {', '.join(CHANNELS)}"
        raise Invalid(message, field="severity")
    if draft.comparison is not None and draft.comparison not in COMPARISONS:
        message = f"comparison is one of {', '.join(COMPARISONS)}"
        raise Invalid(message, field="comparison")
    if not 0 <= draft.hysteresis_pct <= 100 or not 0 <= draft.cooldown_s <= _LONGEST_COOLDOWN_S:  # percent
        message = "hysteresis_pct goes from 0 to 100, cooldown_s from 0 to a year"
        raise Invalid(message, field="hysteresis_pct")
    kind, threshold = KINDS[draft.kind], _exact(draft.threshold)
    return replace(
        draft,
        threshold=threshold,
        critical_threshold=_exact(draft.critical_threshold),
        comparison=draft.comparison or (kind.comparison if threshold is not None else None),
        name=draft.name.strip()[:200] or kind.name,
        condition=checked(draft.condition),
    )


def _exact(value: Decimal | None) -> Decimal | None:
    return None if value is None else exact(value)


def _audit(unit: WriteUnit, action: str, rule: AlertRule, **details: object) -> None:
    unit.announce(Administered(action, ("alert_rule", rule.id, rule.key), details))
