"""Alerts as they stand, written and read in sets."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from mercat.core.database.bulk import CHUNK, Bulk, chunks
from mercat.core.errors import NotFound
from mercat.core.money import plain
from mercat.core.repository import Repository
from mercat.domain.alerts.judging import Standing
from mercat.domain.alerts.models import BY_PERSON, RESOLVED, SNOOZED, Alert
from mercat.domain.alerts.schemas import Signal
from mercat.domain.alerts.steps import page_of

_LARGEST = Decimal(99999999999999)
_SEEN = (
    "severity", "title", "message", "subject_label", "snapshot_ref", "measure", "old_value", "new_value",
    "change_percentage", "data", "action_url",
)  # fmt: skip
_STATE = (
    "status", "opened_at", "last_seen_at", "occurrences", "snoozed_until", "resolved_by", "resolved_at", "resolution",
    "open_key", "updated_at",
)  # fmt: skip
_BORN = ("id", "rule_id", "rule_key", "alert_type", "subject_type", "subject_id", "dedupe_key", "created_at")
_READ = (
    "id", "dedupe_key", "status", "severity", "opened_at", "last_seen_at", "measure", "occurrences", "snoozed_until",
    "resolved_at", "resolution",
)  # fmt: skip


class AlertRepository(Repository[Alert]):
    """Alerts, by key and by id."""

    model = Alert

    def get_by_reference(self, reference: str) -> Alert:
        """By id, or the end of one. Raises ``NotFound``."""
        found = self.by_reference(reference)
        if found is None:
            message = f"there is no alert {reference}; mercat alerts list shows them"
            raise NotFound(message)
        return found

    def locked(self, ids: Sequence[UUID]) -> list[Alert]:
        """These, until the unit ends, always in one order."""
        rows = select(Alert).where(Alert.id.in_(ids)).order_by(Alert.id).with_for_update()
        return list(self.session.scalars(rows.execution_options(populate_existing=True)))

    def standings(self, keys: Collection[str], since: dt.datetime) -> dict[str, Standing]:
        """The youngest alert of each key: of those that are over only what was seen since then matters."""
        bulk = Bulk(self.session.connection())
        found: dict[str, Standing] = {}
        for some in chunks(keys, CHUNK):
            where, parameters = bulk.among("dedupe_key", some)
            rows = bulk.fetch(
                f"SELECT {', '.join(_READ)} FROM alerts WHERE {where} AND (open_key IS NOT NULL OR last_seen_at >= ?) "
                "ORDER BY last_seen_at, id",
                [*parameters, bulk.time(since)],
            )
            found |= {row[1]: _standing(bulk, row) for row in rows}
        return found

    def open_subjects(self, kind: str, subject_type: str) -> list[str]:
        """The ids of what an alert of this kind is open for."""
        rows = select(Alert.subject_id).where(
            Alert.alert_type == kind, Alert.status != RESOLVED, Alert.subject_type == subject_type
        )
        return list(self.session.scalars(rows.distinct()))

    def open_keys(self, keys: Collection[str]) -> set[str]:
        """Those of these keys that an alert is open for."""
        found: set[str] = set()
        for some in chunks(keys, CHUNK):
            found.update(self.session.scalars(select(Alert.dedupe_key).where(Alert.open_key.in_(some))))
        return found

    def snoozed(self, until: dt.datetime) -> list[Alert]:
        """Those whose snooze is over by then."""
        rows = select(Alert).where(Alert.status == SNOOZED, Alert.snoozed_until <= until).order_by(Alert.id)
        return list(self.session.scalars(rows.with_for_update()))

    def of_ids(self, ids: Sequence[UUID]) -> list[Alert]:
        """These, oldest first."""
        found: list[Alert] = []
        for some in chunks(ids, CHUNK):
            found += self.session.scalars(select(Alert).where(Alert.id.in_(some)).order_by(Alert.id))
        return found

    def write(self, fresh: Sequence[Standing], changed: Sequence[Standing], now: dt.datetime) -> list[UUID]:
        """What a batch of signals made of the alerts. Those that are over first: their keys are then free.

        Of two transactions that open the same alert the second waits for the first, and if that committed, repeats its
        alert instead: the ids of ``fresh`` ones that came so late.
        """
        bulk = Bulk(self.session.connection())
        touched = [each for each in changed if not each.is_new]
        by_id = sorted(touched, key=lambda each: each.id)
        seen = [each for each in by_id if each.signal is not None]
        only_state = [each for each in by_id if each.signal is None]
        state = _state_of(bulk, now)
        bulk.update("alerts", _STATE, [(*state(each), bulk.id(each.id.bytes)) for each in only_state])
        columns = (*_SEEN, *_STATE)
        bulk.update("alerts", columns, [(*_seen(bulk, each), *state(each), bulk.id(each.id.bytes)) for each in seen])
        ended = [each for each in fresh if not each.is_open]
        opened = sorted((each for each in fresh if each.is_open), key=lambda each: each.key)
        names = (*_BORN, *columns)
        bulk.insert("alerts", names, [(*_born(bulk, each, now), *_seen(bulk, each), *state(each)) for each in ended])
        rows = [(*_born(bulk, each, now), *_seen(bulk, each), *state(each)) for each in opened]
        bulk.insert_new("alerts", names, rows, key="open_key")
        return self._repeat(bulk, opened, now)

    def _repeat(self, bulk: Bulk, opened: Sequence[Standing], now: dt.datetime) -> list[UUID]:
        """Those that are not there were opened by somebody else: theirs was seen once more."""
        there: set[bytes] = set()
        for some in chunks(opened, CHUNK):
            where, parameters = bulk.among("id", [each.id.bytes for each in some], ids=True)
            there |= {bulk.id_of(row[0]) for row in bulk.fetch(f"SELECT id FROM alerts WHERE {where}", parameters)}
        late = [each for each in opened if each.id.bytes not in there]
        for each in late:
            at = bulk.time(each.last_seen_at)
            bulk.run(
                "UPDATE alerts SET occurrences = occurrences + ?, updated_at = ?, "
                "last_seen_at = CASE WHEN last_seen_at < ? THEN ? ELSE last_seen_at END WHERE open_key = ?",
                [each.occurrences, bulk.time(now), at, at, each.key],
            )
        return [each.id for each in late]


def _standing(bulk: Bulk, row: Sequence[Any]) -> Standing:
    id_, key, status, severity, opened, seen, measure, occurrences, snoozed, resolved, resolution = row
    return Standing(
        UUID(bytes=bulk.id_of(id_)), key, status, severity, _instant(opened), _instant(seen), _amount(bulk, measure),
        int(occurrences), None if snoozed is None else _instant(snoozed),
        None if resolved is None else _instant(resolved), resolution,
    )  # fmt: skip


def _instant(value: Any) -> dt.datetime:
    found = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=dt.UTC) if found.tzinfo is None else found.astimezone(dt.UTC)


def _amount(bulk: Bulk, value: Any) -> Decimal | None:
    text = bulk.amount_of(value)
    return None if text is None else Decimal(text)


def _state_of(bulk: Bulk, now: dt.datetime) -> Callable[[Standing], tuple[Any, ...]]:
    time = bulk.time(now)

    def state(each: Standing) -> tuple[Any, ...]:
        return (
            each.status, bulk.time(each.opened_at), bulk.time(each.last_seen_at), each.occurrences,
            None if each.snoozed_until is None else bulk.time(each.snoozed_until),
            None if each.resolution is None or each.resolution == BY_PERSON else "mercat",
            None if each.resolved_at is None else bulk.time(each.resolved_at), each.resolution,
            each.key if each.is_open else None, time,
        )  # fmt: skip

    return state


def _seen(bulk: Bulk, each: Standing) -> tuple[Any, ...]:
    signal = _of(each)
    return (
        each.severity, signal.title[:255], signal.message, (signal.subject.label or signal.subject.id)[:255],
        signal.snapshot_ref, _kept(bulk, each.measure), _cut(signal.old_value), _cut(signal.new_value),
        _kept(bulk, signal.change_pct), json.dumps(dict(signal.data), default=str),
        signal.action_url or page_of(each.id),
    )  # fmt: skip


def _born(bulk: Bulk, each: Standing, now: dt.datetime) -> tuple[Any, ...]:
    signal, terms = _of(each), each.terms
    if terms is None:
        raise AssertionError
    return (
        bulk.id(each.id.bytes), bulk.id(terms.id.bytes), terms.key, terms.kind, signal.subject.type,
        signal.subject.id, each.key, bulk.time(now),
    )  # fmt: skip


def _of(each: Standing) -> Signal:
    if each.signal is None:
        raise AssertionError
    return each.signal


def _kept(bulk: Bulk, value: Decimal | None) -> Any:
    """Percentages of tiny numbers are huge: the column ends, and beyond its end nobody compares."""
    if value is None:
        return None
    bounded = min(max(value, -_LARGEST), _LARGEST).quantize(Decimal("0.0001"))
    return bulk.amount(plain(bounded) or "0")


def _cut(text: str | None) -> str | None:
    return None if text is None else text[:255]
