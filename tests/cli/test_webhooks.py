"""``mercat webhook``: from an address to a delivery that arrived."""

import os
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Terminal, write_feed
from tests.domain.operations.receiver import Receiver, is_genuine, receiving


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("MERCAT_HTTP_ALLOW_PRIVATE", "1")
    with receiving() as made:
        yield made


def test_an_import_is_told_to_the_endpoint(terminal: Terminal, receiver: Receiver) -> None:
    added = terminal("webhook", "add", "erp", receiver.url, "--json").json
    assert terminal("webhook", "test", "erp").code == 0
    feed = write_feed(terminal.home.parent / "feed.csv")
    assert terminal("import", feed).code == 0
    assert terminal("import", write_feed(feed, factor=3)).code == 3
    assert terminal("worker", "--until-idle").code == 0

    # What needs a person is told beside it.
    received = [
        got for got in receiver.got if not got.json["type"].startswith(("alert.", "notification.", "suggestion."))
    ]
    assert [got.json["type"] for got in received] == [
        "webhook.test",
        "product.updated",
        "change_set.applied",
        "feed.run_finished",
        "change_set.held",
        "feed.run_finished",
    ]
    products = received[1].json["data"]
    assert (products["total"], len(products["product_ids"])) == (12, 12)
    held = received[4].json["data"]
    assert held["findings"][0]["rule"] == "price_change"
    assert [got.json["data"]["status"] for got in receiver.got if got.json["type"] == "feed.run_finished"] == [
        "success",
        "held",
    ]
    assert all(is_genuine(added["secret"], got) for got in receiver.got)
    assert terminal("webhook", "deliveries", "erp", "--json").json["total"] == len(receiver.got)
    assert "delivered" in terminal("webhook", "deliveries").out


def test_what_a_person_lets_through_at_once_is_not_told_as_held(terminal: Terminal, receiver: Receiver) -> None:
    terminal("webhook", "add", "erp", receiver.url, "--event", "change_set.held", "--event", "change_set.undone")
    feed = write_feed(terminal.home.parent / "feed.csv")
    terminal("import", feed)
    applied = terminal("import", write_feed(feed, factor=3), "--yes", "--json")
    assert applied.code == 0
    assert terminal("changes", "undo", applied.json["change_set"]).code == 0
    terminal("worker", "--until-idle")

    assert [got.json["type"] for got in receiver.got] == ["change_set.undone"]
    assert receiver.got[0].json["data"]["change_set_id"] == applied.json["change_set"]


def test_an_endpoint_is_shown_changed_switched_off_and_removed(terminal: Terminal, receiver: Receiver) -> None:
    secret = terminal("webhook", "add", "erp", receiver.url).out.split("once: ")[1].split()[0]
    assert secret not in terminal("webhook", "show", "erp").out + terminal("webhook", "list", "--json").out
    assert terminal("webhook", "set", "erp", "--event", "job.failed", "--json").json["events"] == ["job.failed"]
    assert terminal("webhook", "set", "erp").code == 1
    rotated = terminal("webhook", "rotate", "erp", "--json").json
    assert rotated["secret"] != secret
    assert rotated["old_secret_until"]
    assert "off: switched off by" in terminal("webhook", "off", "erp").out
    assert terminal("webhook", "replay", "--dead", "erp").code == 1
    assert terminal("webhook", "on", "erp").code == 0
    receiver.status = 500
    assert terminal("webhook", "test", "erp").code == 1
    failed = terminal("webhook", "deliveries", "--status", "dead", "--json").json["data"][0]
    assert terminal("webhook", "delivery", failed["id"], "--json").json["tries"][0]["status"] == 500
    receiver.status = 200
    assert terminal("webhook", "replay", failed["id"][-8:]).code == 0
    assert terminal("worker", "--until-idle").code == 0
    assert terminal("webhook", "delivery", failed["id"], "--json").json["status"] == "delivered"
    assert terminal("webhook", "remove", "erp").code == 0
    assert "no endpoint yet" in terminal("webhook", "list").out
    assert "job.failed" in terminal("webhook", "events").out


def test_an_address_of_our_own_network_is_refused_without_the_setting(terminal: Terminal) -> None:
    assert "MERCAT_HTTP_ALLOW_PRIVATE" not in os.environ
    answer = terminal("webhook", "add", "erp", "https://127.0.0.1/hook")

    assert answer.code == 1
    assert "private network" in answer.err
