"""Selling from the terminal, at a loopback Shopify."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from mercat.sandbox.shopify import Options, RunningShop, running

from .conftest import Terminal, write_feed


@pytest.fixture
def shop() -> Iterator[RunningShop]:
    with running(Options(plan="plus", currency="USD")) as opened:
        yield opened


@pytest.fixture
def selling(terminal: Terminal, feed: Path, shop: RunningShop) -> Terminal:
    """Twelve lamps, and a connected shop."""
    assert terminal("import", feed).code == 0
    assert terminal("store", "add", "shopify", "main", "--sandbox", shop.url).code == 0
    return terminal


def titles(shop: RunningShop) -> dict[str, str]:
    return {each["variants"][0]["sku"]: each["title"] for each in shop.state["products"]}


def test_publishing_shows_the_catalogue_once(selling: Terminal, shop: RunningShop) -> None:
    plan = selling("publish", "main", "--plan-only", "--json").json
    first = selling("publish", "main", "--json").json
    again = selling("publish", "main", "--json").json

    assert (plan["status"], plan["change_count"], plan["calls"]) == ("planned", 12, 0)
    assert (first["status"], first["created"], first["failed"]) == ("success", 12, 0)
    assert (again["change_count"], again["unchanged"], again["calls"]) == (0, 12, 0)
    assert titles(shop) == {f"A-{n}": f"Lamp {n}" for n in range(1, 13)}
    listed = selling("listings", "list", "--store", "main", "--json").json
    assert {each["state"] for each in listed["data"]} == {"in_sync"}
    whole = selling("listings", "show", "A-3", "--json").json["data"][0]
    assert (whole["sent"]["name"], whole["shown"]["name"]) == ("Lamp 3", "Lamp 3")
    assert "Lamp 3" in selling("listings", "show", "A-3").out or "A-3" in selling("listings", "show", "A-3").out


def held(shop: RunningShop) -> dict[str, set[str]]:
    skus = {each["id"]: each["variants"][0]["sku"] for each in shop.state["products"]}
    return {each["title"]: {skus[gid] for gid in each["products"]} for each in shop.state["collections"]}


def test_collections_are_shown_and_follow_what_is_put_in_and_taken_out(selling: Terminal, shop: RunningShop) -> None:
    selling("collection", "create", "Summer")
    selling("collection", "add", "summer", "A-1", "A-2")
    selling("collection", "create", "Bright", "--rule", "name starts_with Lamp 1")
    plan = selling("publish", "main", "--plan-only", "--json").json
    selling("publish", "main")

    assert any("made or changed there first" in each for each in plan["warnings"])
    assert held(shop)["Summer"] == {"A-1", "A-2"}
    assert held(shop)["Bright"] == {"A-1", "A-10", "A-11", "A-12"}

    selling("collection", "take-out", "summer", "A-1")
    selling("collection", "set", "summer", "name=Late summer")
    moved = selling("publish", "main", "--json").json
    again = selling("publish", "main", "--json").json

    assert (moved["updated"], again["calls"], again["change_count"]) == (1, 0, 0)
    assert held(shop)["Late summer"] == {"A-2"}

    assert selling("collection", "remove", "bright").code == 0
    assert selling("publish", "main", "--json").json["updated"] == 4
    assert held(shop)["Bright"] == set()


def test_a_held_plan_has_its_exit_code(selling: Terminal, shop: RunningShop, tmp_path: Path) -> None:
    selling("publish", "main")
    assert selling("import", write_feed(tmp_path / "dear.csv", factor=3), "--yes").code == 0

    held = selling("publish", "main")

    assert (held.code, "--yes" in held.out) == (3, True)
    assert selling("publish", "main", "--yes", "--json").json["updated"] == 12
    assert shop.state["products"][0]["variants"][0]["price"].endswith("0.50")


def test_what_the_shop_shows_is_looked_at_and_reconciled(selling: Terminal) -> None:
    selling("publish", "main")

    seen = selling("pull", "main", "--json").json
    done = selling("reconcile", "main", "--json").json

    assert (seen["seen"], seen["unchanged"], seen["drifted"]) == (12, 12, 0)
    assert (done["pulled"]["unchanged"], done["published"]["change_count"]) == (12, 0)


def test_secrets_come_from_the_environment_and_stay_out_of_sight(
    terminal: Terminal, shop: RunningShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = terminal("store", "add", "shopify", "main", "--domain", shop.url)
    assert (missing.code, "client id" in missing.err) == (1, True)
    given = shop.credentials
    monkeypatch.setenv("MERCAT_STORE_CLIENT_ID", given["client_id"])
    monkeypatch.setenv("MERCAT_STORE_CLIENT_SECRET", given["client_secret"])

    answer = terminal("store", "add", "shopify", "main", "--domain", shop.url)

    # A private address is for loopback shops that were named as such.
    assert answer.code == 1
    assert terminal("store", "add", "shopify", "main", "--sandbox", shop.url).code == 0
    told = [terminal("store", verb, "main", *more).out for verb, more in (("show", ["--json"]), ("test", []))]
    told += [terminal("config", "show").out, (terminal.home / "mercat.db").read_bytes().decode("latin-1")]
    assert not any(given["client_secret"] in each for each in told)


def test_a_loopback_shop_that_is_not_there_is_missed_with_the_command_that_starts_one(terminal: Terminal) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: whoever connects is refused
        port = taken.getsockname()[1]

        answer = terminal("store", "add", "shopify", "main", "--sandbox", f"http://127.0.0.1:{port}")

    assert answer.code == 1
    assert f"no shop answers at http://127.0.0.1:{port}: is it running?" in answer.err
    assert f"`mercat sandbox shopify --port {port}` starts one" in answer.err


def test_keys_are_exchanged_and_usage_is_counted(selling: Terminal) -> None:
    assert selling("secrets", "rotate", "--json").json == {"resealed": 1}
    assert selling("store", "test", "main").code == 0
    assert selling("usage", "--json").json["data"][0]["calls"] >= 2
    selling("usage", "budget", "shopify", "--calls", 1)
    refused = selling("publish", "main")
    assert (refused.code, "budget of 1 calls to shopify is spent" in refused.err) == (1, True)


def test_a_server_with_a_worker_inside_runs_what_was_left_to_it(selling: Terminal, shop: RunningShop) -> None:
    assert selling("publish", "main", "--detach", "--json").json["job_id"]
    script = Path(sys.executable).with_name("mercat")
    environment = {**os.environ, "MERCAT_HOME": str(selling.home)}
    port = 20_000 + os.getpid() % 20_000
    with subprocess.Popen([script, "serve", "--port", str(port)], env=environment, stderr=subprocess.DEVNULL) as server:
        try:
            while len(shop.state["products"]) < 12 and server.poll() is None:
                time.sleep(0.1)  # how often we look
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/live") as answer:
                assert answer.read() == b'{"status":"ok"}'
        finally:
            server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=30) == 0
    assert len(titles(shop)) == 12
