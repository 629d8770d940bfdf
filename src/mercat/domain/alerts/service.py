"""What this room offers: raising what needs a person, once; handling it; rules; and who is told.

A room above gives ``Signal``s of a kind that ``catalogue`` names to ``judge`` (many) or ``raise_once`` (one); what is over it
says with ``clear``, or with a signal that is not on. It listens to ``AlertsRaised`` where it wants to act on alerts.
"""

from __future__ import annotations

from mercat.domain.alerts.backtesting import backtest, replays
from mercat.domain.alerts.catalogue import KINDS
from mercat.domain.alerts.conditions import from_text, to_text
from mercat.domain.alerts.handling import acknowledge, get_alert, reopen, resolve, snooze, wake_snoozed
from mercat.domain.alerts.keeping import count_old, forget_old
from mercat.domain.alerts.list_repository import (
    ALERT_MUTES,
    ALERT_RULES,
    ALERTS,
    NOTIFICATION_LOG,
    NOTIFICATIONS,
    UNRESOLVED,
)
from mercat.domain.alerts.mailing import send_test
from mercat.domain.alerts.notifying import mark_read, unread_count
from mercat.domain.alerts.raising import PREFERRED, clear, clear_others, highest_threshold, judge, raise_once
from mercat.domain.alerts.ruling import (
    add_rule,
    change_rule,
    ensure_rules,
    get_rule,
    list_thresholds,
    mute,
    remove_rule,
    set_threshold,
    unmute,
)
from mercat.domain.alerts.schemas import Backtest, RuleDraft, Signal, Subject, Tally
from mercat.domain.alerts.steps import Step, step_of
from mercat.domain.alerts.watching import ensure_watch, watch

__all__ = [
    "ALERTS",
    "ALERT_MUTES",
    "ALERT_RULES",
    "KINDS",
    "NOTIFICATIONS",
    "NOTIFICATION_LOG",
    "PREFERRED",
    "UNRESOLVED",
    "Backtest",
    "RuleDraft",
    "Signal",
    "Step",
    "Subject",
    "Tally",
    "acknowledge",
    "add_rule",
    "backtest",
    "change_rule",
    "clear",
    "clear_others",
    "count_old",
    "ensure_rules",
    "ensure_watch",
    "forget_old",
    "from_text",
    "get_alert",
    "get_rule",
    "highest_threshold",
    "judge",
    "list_thresholds",
    "mark_read",
    "mute",
    "raise_once",
    "remove_rule",
    "reopen",
    "replays",
    "resolve",
    "send_test",
    "set_threshold",
    "snooze",
    "step_of",
    "to_text",
    "unmute",
    "unread_count",
    "wake_snoozed",
    "watch",
]
