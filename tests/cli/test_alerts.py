"""``mercat alerts`` and ``mercat notify`` at the terminal."""

import shlex
from decimal import Decimal
from typing import Any

import typer

from mercat.cli.app import app
from mercat.cli.next_steps import COMMANDS
from mercat.core.settings import load
from mercat.core.unit import Runtime
from mercat.domain.alerts import service as alerts
from tests.cli.conftest import Terminal
from tests.domain.alerts.signals import give, moved, state


def seen(*signals: object) -> None:
    runtime = Runtime(load())
    give(runtime, *signals)  # type: ignore[arg-type]
    runtime.close()


def test_alerts_are_shown_and_handled(terminal: Terminal):
    assert "Nothing needs you" in terminal("alerts", "list").out
    seen(state("out_of_stock"), state("out_of_stock", item="B01"), moved(12))
    listed = terminal("alerts", "list", "--severity", "critical", "--json").json
    assert listed["total"] == 2
    first, second = (each["id"][-8:] for each in listed["data"])
    assert "out_of_stock of B00" in terminal("alerts", "list").out
    assert terminal("alerts", "show", first, "--json").json["status"] == "open"
    assert "Next: `mercat market show B0" in terminal("alerts", "show", first).out
    assert "snoozed for 6h" in terminal("alerts", "snooze", first, "--for", "6h").out
    assert len(terminal("alerts", "ack", first, second, "--json").json["handled"]) == 2
    assert terminal("alerts", "resolve", first, "--notes", "ordered").code == 0
    again = terminal("alerts", "resolve", first)
    assert (again.code, "resolved already" in again.err) == (1, True)
    assert terminal("alerts", "show", "no-such").code == 1
    assert "ordered" in terminal("alerts", "show", first).out


def test_rules_are_added_changed_tried_and_removed(terminal: Terminal):
    added = terminal(
        "alerts", "rules", "add", "few_left", "--kind", "observation", "--when", "available <= {reorder_point}"
    )
    assert added.code == 0
    assert terminal("alerts", "rules", "add", "x", "--kind", "observation", "--when", "cheap").code == 1
    shown = terminal("alerts", "rules", "show", "few_left", "--json").json
    assert shown["condition"] == {"field": "available", "op": "<=", "value": "{reorder_point}"}
    assert terminal("alerts", "rules", "set", "price_change", "--threshold", "5", "--critical", "none").code == 0
    assert terminal("alerts", "rules", "set", "price_change").code == 1
    assert terminal("alerts", "rules", "threshold", "price_change", "50", "--item", "B00").code == 0
    rule = terminal("alerts", "rules", "show", "price_change", "--json").json
    assert (Decimal(rule["threshold"]), rule["critical_threshold"], len(rule["thresholds"])) == (5, None, 1)
    assert terminal("alerts", "rules", "off", "price_change").code == 0
    listed = terminal("alerts", "rules", "list", "--json").json
    assert {each["key"]: each["is_active"] for each in listed["data"]}["price_change"] is False
    assert "price_change" in terminal("alerts", "rules", "list").out
    assert "percent, signed" in terminal("alerts", "rules", "kinds").out
    assert terminal("alerts", "rules", "remove", "few_left").code == 0
    assert terminal("alerts", "rules", "backtest", "observation").code == 1


def test_muting_and_who_was_told(terminal: Terminal):
    muted = terminal("alerts", "mute", "--subject", "market_product:B00", "--for", "2d", "--json").json
    seen(state("out_of_stock"))
    assert terminal("alerts", "list", "--json").json["total"] == 0
    assert "market_product:B00" in terminal("alerts", "mutes").out
    assert terminal("alerts", "unmute", muted["id"]).code == 0
    assert terminal("alerts", "mute").code == 1
    terminal("user", "create", "vera", "--email", "vera@example.com", "--role", "viewer")
    seen(state("out_of_stock"))
    assert terminal("alerts", "list", "--json").json["total"] == 1
    assert terminal("notify", "list", "--channel", "in_app", "--json").code == 0
    refused = terminal("notify", "test", "ann@example.com")
    assert (refused.code, "smtp.host" in refused.err) == (1, True)


def test_every_kind_of_alert_has_a_next_step_that_is_a_command():
    assert all(alerts.step_of(each.key, each.subject_type) for each in alerts.KINDS.values())
    assert set(COMMANDS) == set(alerts.Step)
    for command in COMMANDS.values():
        name, *words = shlex.split(command.format(id="018f0000-0000-7000-8000-000000000001", name="x", sku="S"))
        group: Any = typer.main.get_command(app)
        context = group.make_context(name, words, resilient_parsing=True)
        while hasattr(group, "get_command") and words and group.get_command(context, words[0]):
            name, *words = words
            group = group.get_command(context, name)
        group.make_context(name, words, parent=context)
