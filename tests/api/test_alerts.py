"""Alerts over HTTP: handling them, their rules, thresholds and mutes, and reading what one was told."""

import datetime as dt

from starlette.testclient import TestClient

from mercat.core.unit import Runtime
from tests.api.people import door, people
from tests.domain.alerts.signals import give, moved, state

V1 = "/api/v1"
Doors = dict[str, TestClient]


def doors(runtime: Runtime) -> Doors:
    return {role: door(runtime, person.token) for role, person in people(runtime).items()}


def test_alerts_are_listed_and_handled(sqlite_runtime: Runtime):
    house = doors(sqlite_runtime)
    viewer, operator = house["viewer"], house["operator"]
    give(sqlite_runtime, state("out_of_stock"), state("out_of_stock", item="B01"), moved(12))
    listed = viewer.get(f"{V1}/alerts", params={"severity": "critical", "status": "open"}).json()
    assert listed["total"] == 2
    ids = [each["id"] for each in listed["data"]]

    assert viewer.post(f"{V1}/alerts/acknowledge", json={"ids": ids}).status_code == 403
    assert operator.post(f"{V1}/alerts/acknowledge", json={"ids": ids}).json() == {"handled": 2}
    later = (dt.datetime.now(dt.UTC) + dt.timedelta(hours=6)).isoformat()
    assert operator.post(f"{V1}/alerts/snooze", json={"ids": ids[:1], "until": later}).json() == {"handled": 1}
    past = {"ids": ids, "until": "2026-01-01T00:00:00Z"}
    assert operator.post(f"{V1}/alerts/snooze", json=past).status_code == 422
    done = {"ids": ids[1:], "notes": "ordered"}
    assert operator.post(f"{V1}/alerts/resolve", json=done).json() == {"handled": 1}
    assert operator.post(f"{V1}/alerts/resolve", json=done).status_code == 409
    one = viewer.get(f"{V1}/alerts/{ids[1]}").json()
    assert (one["status"], one["resolved_by"], one["resolution_notes"]) == ("resolved", "operator", "ordered")
    assert viewer.get(f"{V1}/alerts/{ids[1][:-4]}0000").status_code == 404


def test_rules_thresholds_and_mutes(sqlite_runtime: Runtime):
    house = doors(sqlite_runtime)
    viewer, operator, approver = house["viewer"], house["operator"], house["approver"]
    rule = {
        "key": "few_left",
        "kind": "observation",
        "condition": {"field": "available", "op": "<=", "value": "{reorder_point}"},
        "severity": "critical",
    }
    assert operator.post(f"{V1}/alert-rules", json=rule).status_code == 403
    assert approver.post(f"{V1}/alert-rules", json=rule).status_code == 201
    assert approver.post(f"{V1}/alert-rules", json=rule).status_code == 409
    wrong = approver.post(f"{V1}/alert-rules", json={**rule, "key": "x", "condition": {"field": "a", "op": "eval"}})
    assert wrong.status_code == 422
    changed = approver.patch(f"{V1}/alert-rules/price_change", json={"threshold": 50, "name": None})
    assert (changed.json()["threshold"], changed.json()["name"]) == ("50", "A price moved")
    assert viewer.get(f"{V1}/alert-rules", params={"is_built_in": False}).json()["total"] == 1

    here = f"{V1}/alert-rules/price_change/thresholds"
    assert approver.put(here, json={"threshold": 5, "subject_id": "B00"}).status_code == 204
    assert viewer.put(here, json={"threshold": 5, "subject_id": "B00"}).status_code == 403
    mine = viewer.get(f"{V1}/me").json()["user"]["id"]
    assert viewer.put(here, json={"threshold": "2.5", "user_id": mine}).status_code == 204
    assert viewer.get(here).json()["total"] == 2
    assert {each["kind"] for each in [rule]} <= {each["key"] for each in viewer.get(f"{V1}/alert-kinds").json()}

    asked = {"rule": "few_left", "subject_type": "market_product", "subject_id": "B00", "reason": "known"}
    muted = operator.post(f"{V1}/alert-mutes", json=asked)
    assert (muted.status_code, muted.json()["rule_key"]) == (201, "few_left")
    assert operator.delete(f"{V1}/alert-mutes/{muted.json()['id']}").status_code == 204
    assert viewer.get(f"{V1}/alert-mutes").json()["total"] == 0
    assert approver.post(f"{V1}/alert-rules/few_left/backtest").status_code == 409
    assert approver.delete(f"{V1}/alert-rules/few_left").status_code == 204
    assert approver.delete(f"{V1}/alert-rules/price_change").status_code == 409


def test_each_reads_their_own_notifications(sqlite_runtime: Runtime):
    house = doors(sqlite_runtime)
    give(sqlite_runtime, state("out_of_stock"))
    viewer = house["viewer"]
    [mine] = viewer.get(f"{V1}/me/notifications").json()["data"]
    [others] = house["operator"].get(f"{V1}/me/notifications").json()["data"]
    assert viewer.get(f"{V1}/me/notifications/unread").json() == {"unread": 1}
    assert viewer.post(f"{V1}/me/notifications/read", json={"ids": [others["id"]]}).json() == {"unread": 1}
    assert viewer.post(f"{V1}/me/notifications/read", json={"ids": [mine["id"]]}).json() == {"unread": 0}
    assert viewer.get(f"{V1}/notification-log").status_code == 403
    assert house["approver"].get(f"{V1}/notification-log").json()["total"] == 4
    assert house["approver"].post(f"{V1}/notifications/test", json={"to": "ann@example.com"}).status_code == 409


def test_settings_of_notifications_are_judged(sqlite_runtime: Runtime):
    viewer = doors(sqlite_runtime)["viewer"]
    good = {
        "notification_preferences": {"price_change": ["email"], "*": ["in_app"]},
        "quiet_from": "22:00",
        "quiet_to": "07:00",
        "digest": "daily",
        "price_threshold_pct": "2.5",
    }
    kept = viewer.put(f"{V1}/me/settings", json=good).json()
    assert {name: kept[name] for name in good} == good
    for wrong in (
        {"quiet_from": "22:00"},
        {"quiet_from": "25:00", "quiet_to": "07:00"},
        {"digest": "weekly"},
        {"rank_threshold_pct": -1},
        {"notification_preferences": {"*": ["pigeon"]}},
        {"notification_preferences": {"Price Change": ["email"]}},
    ):
        assert viewer.put(f"{V1}/me/settings", json=wrong).status_code == 422, wrong
