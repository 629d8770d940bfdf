"""Rules, thresholds and mutes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.dialects import mysql, postgresql, sqlite

from mercat.core.database.bulk import CHUNK, chunks
from mercat.core.database.types import as_ascii
from mercat.core.ids import new_id
from mercat.core.repository import Repository
from mercat.domain.alerts.models import AlertMute, AlertRule, AlertThreshold

_SILENT = {"synchronize_session": False}


class RuleRepository(Repository[AlertRule]):
    """Rules by key."""

    model = AlertRule

    def by_key(self, key: str) -> AlertRule | None:
        """The rule of this key, or ``None``."""
        return self.find_by(key=as_ascii(key))

    def keys(self) -> set[str]:
        """Of all rules."""
        return set(self.session.scalars(select(AlertRule.key)))

    def active(self, kinds: Collection[str]) -> list[AlertRule]:
        """Those that judge signals of these kinds."""
        rows = select(AlertRule).where(AlertRule.kind.in_(kinds), AlertRule.is_active).order_by(AlertRule.key)
        return list(self.session.scalars(rows))

    def add_missing(self, rules: Iterable[Mapping[str, Any]], now: dt.datetime) -> None:
        """Rules that are not there yet; another unit may be adding the same."""
        rows = [{"id": new_id(), "fired_count": 0, **each, "created_at": now, "updated_at": now} for each in rules]
        if rows:
            self.session.execute(self._insert_unless_there(), rows)

    def _insert_unless_there(self) -> Any:
        match self.session.get_bind().dialect.name:
            case "postgresql":
                return postgresql.insert(AlertRule).on_conflict_do_nothing(index_elements=["key"])
            case "sqlite":
                return sqlite.insert(AlertRule).on_conflict_do_nothing(index_elements=["key"])
            case _:
                # Not INSERT IGNORE, which would swallow every other fault as well.
                return mysql.insert(AlertRule).on_duplicate_key_update(id=AlertRule.id)

    def note_fired(self, counts: Mapping[UUID, int], now: dt.datetime) -> None:
        """So many alerts more; rules in one order, so that two units do not lock each other out."""
        for rule_id, count in sorted(counts.items()):
            values = {"fired_count": AlertRule.fired_count + count, "last_fired_at": now}
            statement = update(AlertRule).where(AlertRule.id == rule_id).values(**values)
            self.session.execute(statement, execution_options=_SILENT)


class ThresholdRepository(Repository[AlertThreshold]):
    """What differs from the rules' own thresholds."""

    model = AlertThreshold

    def bearing_on(
        self, rule_ids: Collection[UUID], subject_ids: Sequence[str]
    ) -> list[tuple[UUID, UUID | None, str | None, str | None, Decimal]]:
        """(rule, user, item, category, threshold) of these rules: what holds generally, and what for these items."""
        columns = (
            AlertThreshold.rule_id, AlertThreshold.user_id, AlertThreshold.subject_id, AlertThreshold.category_id,
            AlertThreshold.threshold,
        )  # fmt: skip
        mine = select(*columns).where(AlertThreshold.rule_id.in_(rule_ids))
        found = list(self.session.execute(mine.where(AlertThreshold.subject_id.is_(None))))
        if self.session.scalar(select(AlertThreshold.id).where(AlertThreshold.subject_id.is_not(None)).limit(1)):
            for some in chunks(subject_ids, CHUNK):
                found += self.session.execute(mine.where(AlertThreshold.subject_id.in_(some)))
        return [(rule, user, item, category, value) for rule, user, item, category, value in found]

    def at(self, rule_id: UUID, scope_key: str) -> AlertThreshold | None:
        """The one of this scope, or ``None``."""
        return self.find_by(rule_id=rule_id, scope_key=scope_key)

    def of_rules(self, rule_ids: Collection[UUID]) -> list[AlertThreshold]:
        """All of these rules."""
        return list(self.session.scalars(select(AlertThreshold).where(AlertThreshold.rule_id.in_(rule_ids))))

    def of(self, rule_id: UUID) -> list[AlertThreshold]:
        """All of a rule."""
        rows = select(AlertThreshold).where(AlertThreshold.rule_id == rule_id).order_by(AlertThreshold.id)
        return list(self.session.scalars(rows))


class MuteRepository(Repository[AlertMute]):
    """What nobody wants to hear of."""

    model = AlertMute

    def in_force(self, now: dt.datetime) -> list[AlertMute]:
        """Those that still hold."""
        rows = select(AlertMute).where(or_(AlertMute.until.is_(None), AlertMute.until > now)).order_by(AlertMute.id)
        return list(self.session.scalars(rows))
