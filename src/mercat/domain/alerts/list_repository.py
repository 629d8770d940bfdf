"""What lists there are of alerts, rules, and who was told."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import case

from mercat.core.lists import Field, ListSpec
from mercat.domain.alerts.models import (
    CHANNELS,
    CRITICAL,
    ENDINGS,
    NOTIFICATION_STATUSES,
    PRIORITIES,
    RESOLVED,
    SEVERITIES,
    STATUSES,
    WARNING,
    Alert,
    AlertMute,
    AlertRule,
    Notification,
)

READ = "alerts.read"

ALERTS = ListSpec(
    "alerts",
    READ,
    Alert.__table__,
    Alert.id,
    {
        "id": Field(Alert.id, is_filter=True),
        "rule_key": Field(Alert.rule_key, is_filter=True),
        "alert_type": Field(Alert.alert_type, is_filter=True),
        "severity": Field(Alert.severity, is_filter=True, choices=SEVERITIES),
        "urgency": Field(
            case((Alert.severity == CRITICAL, 2), (Alert.severity == WARNING, 1), else_=0),
            is_sort=True,
            is_shown=False,
            help="2 is critical, 1 a warning, 0 for information",
        ),
        "status": Field(Alert.status, is_filter=True, choices=STATUSES),
        "title": Field(Alert.title),
        "message": Field(Alert.message),
        "subject_type": Field(Alert.subject_type, is_filter=True),
        "subject_id": Field(Alert.subject_id, is_filter=True),
        "subject_label": Field(Alert.subject_label),
        "measure": Field(Alert.measure, help="what was compared with the threshold, in the rule's unit"),
        "old_value": Field(Alert.old_value),
        "new_value": Field(Alert.new_value),
        "change_percentage": Field(Alert.change_percentage),
        "occurrences": Field(Alert.occurrences, help="how often it was seen while it was open"),
        "opened_at": Field(Alert.opened_at, is_range=True, is_sort=True),
        "last_seen_at": Field(Alert.last_seen_at, is_range=True, is_sort=True),
        "acknowledged_by": Field(Alert.acknowledged_by),
        "acknowledged_at": Field(Alert.acknowledged_at),
        "snoozed_until": Field(Alert.snoozed_until),
        "resolved_by": Field(Alert.resolved_by),
        "resolved_at": Field(Alert.resolved_at, is_range=True),
        "resolution": Field(Alert.resolution, is_filter=True, choices=ENDINGS),
        "resolution_notes": Field(Alert.resolution_notes),
        "snapshot_ref": Field(Alert.snapshot_ref, is_shown=False),
        "data": Field(Alert.data, is_shown=False),
        "action_url": Field(Alert.action_url),
    },
    words=(Alert.title, Alert.subject_label),
)
UNRESOLVED = replace(ALERTS, within=(Alert.status != RESOLVED,))
ALERT_RULES = ListSpec(
    "alert-rules",
    READ,
    AlertRule.__table__,
    AlertRule.id,
    {
        "id": Field(AlertRule.id),
        "key": Field(AlertRule.key, is_filter=True, is_sort=True),
        "name": Field(AlertRule.name),
        "description": Field(AlertRule.description),
        "kind": Field(AlertRule.kind, is_filter=True, help="the kind of signal that it judges"),
        "subject_type": Field(AlertRule.subject_type, is_filter=True),
        "condition": Field(AlertRule.condition),
        "comparison": Field(AlertRule.comparison),
        "threshold": Field(AlertRule.threshold),
        "critical_threshold": Field(AlertRule.critical_threshold),
        "hysteresis_pct": Field(AlertRule.hysteresis_pct),
        "cooldown_s": Field(AlertRule.cooldown_s),
        "severity": Field(AlertRule.severity, is_filter=True, choices=SEVERITIES),
        "is_event": Field(AlertRule.is_event),
        "auto_resolve": Field(AlertRule.auto_resolve),
        "channels": Field(AlertRule.channels),
        "is_active": Field(AlertRule.is_active, is_filter=True),
        "is_built_in": Field(AlertRule.is_built_in, is_filter=True),
        "fired_count": Field(AlertRule.fired_count),
        "last_fired_at": Field(AlertRule.last_fired_at),
        "updated_at": Field(AlertRule.updated_at),
    },
    words=(AlertRule.key, AlertRule.name),
    is_newest_first=False,
)
ALERT_MUTES = ListSpec(
    "alert-mutes",
    READ,
    AlertMute.__table__.outerjoin(AlertRule.__table__, AlertRule.id == AlertMute.rule_id),
    AlertMute.id,
    {
        "id": Field(AlertMute.id),
        "rule_key": Field(AlertRule.key),
        "subject_type": Field(AlertMute.subject_type, is_filter=True),
        "subject_id": Field(AlertMute.subject_id, is_filter=True),
        "until": Field(AlertMute.until, help="null: for good"),
        "reason": Field(AlertMute.reason),
        "muted_by": Field(AlertMute.muted_by),
        "created_at": Field(AlertMute.created_at),
    },
)
NOTIFICATIONS = ListSpec(
    "notifications",
    READ,
    Notification.__table__,
    Notification.id,
    {
        "id": Field(Notification.id),
        "type": Field(Notification.type, is_filter=True),
        "title": Field(Notification.title),
        "message": Field(Notification.message),
        "priority": Field(Notification.priority, is_filter=True, choices=PRIORITIES),
        "channel": Field(Notification.channel, is_filter=True, choices=CHANNELS),
        "status": Field(Notification.status, is_filter=True, choices=NOTIFICATION_STATUSES),
        "alert_id": Field(Notification.alert_id, is_filter=True),
        "read_at": Field(Notification.read_at),
        "sent_at": Field(Notification.sent_at),
        "next_at": Field(Notification.next_at, help="when it is sent, or tried again"),
        "attempts": Field(Notification.attempts),
        "error": Field(Notification.error),
        "tries": Field(Notification.tries, is_shown=False),
        "data": Field(Notification.data, is_shown=False),
        "action_url": Field(Notification.action_url),
        "created_at": Field(Notification.created_at, is_range=True),
    },
    words=(Notification.title,),
    own=Notification.user_id,
)
NOTIFICATION_LOG = replace(
    NOTIFICATIONS,
    name="notification-log",
    permission="alerts.rules",
    own=None,
    fields={**NOTIFICATIONS.fields, "user_id": Field(Notification.user_id, is_filter=True)},
)
