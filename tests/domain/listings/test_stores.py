"""Connecting a store, and keeping what opens it."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from mercat.core.errors import Conflict, Invalid, NotFound
from mercat.core.secrets import Secrets, new_key
from mercat.core.unit import Runtime
from mercat.domain import register_hearing
from mercat.domain.access import service as access
from mercat.domain.alerts.messages import Noticed
from mercat.domain.alerts.schemas import Signal, Subject
from mercat.domain.listings import service as listings
from mercat.sdk.errors import Unauthorized
from tests.domain.listings.corner import KEY, Back
from tests.shops import ANN

Add = Callable[..., listings.StoreView]


def test_a_connected_store_is_listed_with_its_account_and_its_places(runtime: Runtime, add_store: Add) -> None:
    add_store(runtime)

    with runtime.read(ANN) as unit:
        [store] = listings.list_stores(unit)
    assert (store.name, store.platform, store.domain, store.currency) == ("corner", "corner", "corner.test", "USD")
    assert [(each["reference"], each["is_stocked"]) for each in store.locations] == [
        ("counter", True),
        ("cellar", False),
    ]


def test_nothing_that_opens_a_store_lies_open_in_the_database(runtime: Runtime, add_store: Add) -> None:
    add_store(runtime)

    with runtime.read(ANN) as unit:
        row = unit.bulk.fetch("SELECT credentials, token, channel_settings, settings FROM stores")[0]
        view = listings.get_store(unit, "corner")
    assert KEY not in str(row)
    assert KEY not in str(view)
    assert '"t"' not in str(row[1])


def test_a_store_whose_account_does_not_answer_is_not_added(
    sqlite_runtime: Runtime, add_store: Add, back: Back
) -> None:
    back.tell("door", "another key")

    with pytest.raises(Unauthorized):
        add_store(sqlite_runtime)

    with sqlite_runtime.read(ANN) as unit:
        assert listings.list_stores(unit) == []


def test_a_shop_is_connected_once_and_a_removed_one_comes_back(sqlite_runtime: Runtime, add_store: Add) -> None:
    first = add_store(sqlite_runtime)
    with pytest.raises(Conflict, match="connected already"):
        add_store(sqlite_runtime, "again")
    with sqlite_runtime.write(ANN) as unit:
        listings.remove_store(unit, "corner")
        assert unit.bulk.fetch("SELECT credentials, token FROM stores") == [("", None)]
    with pytest.raises(Conflict, match="not connected"):
        listings.test_store(sqlite_runtime, ANN, "corner")

    assert add_store(sqlite_runtime, "again").id == first.id


def test_credentials_are_renewed_only_by_those_that_open(sqlite_runtime: Runtime, add_store: Add, back: Back) -> None:
    before = add_store(sqlite_runtime)
    back.tell("door", "another key")
    with pytest.raises(Unauthorized):
        listings.renew_store(sqlite_runtime, ANN, "corner", {"key": "a third one"})
    with pytest.raises(Unauthorized):
        listings.test_store(sqlite_runtime, ANN, "corner")

    view, account = listings.renew_store(sqlite_runtime, ANN, "corner", {"key": "another key"})

    assert (view.id, view.paused_reason, account.name) == (before.id, None, "Corner")
    assert listings.test_store(sqlite_runtime, ANN, "corner")[1].name == "Corner"


def test_what_is_wrong_with_credentials_is_named_and_not_quoted(
    sqlite_runtime: Runtime, corner_installed: Path
) -> None:
    assert corner_installed.is_dir()
    draft = listings.StoreDraft("corner", "x", {"domain": "d", "file": "f"}, {"kez": "hush-hush"})

    with pytest.raises(Invalid, match=r"key: Field required; kez:") as refused:
        listings.add_store(sqlite_runtime, ANN, draft)

    assert "hush" not in refused.value.message


def test_only_a_loopback_shop_hands_credentials_out(corner_installed: Path) -> None:
    assert corner_installed.is_dir()
    for address in ("http://10.0.0.1:80", "https://example.com", "http://127.0.0.1.example.com", "http://[::2]"):
        with pytest.raises(Invalid, match="loopback"):
            listings.sandbox_draft("x", "corner", address)


@pytest.mark.parametrize(
    ("selling", "fault"),
    [
        ({"drift": {"name": "sometimes"}}, "drift.name"),
        ({"guards": {"withdraw_pct": -1}}, "guards.withdraw_pct"),
        ({"stock_from": "heaven"}, "stock_from"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_how_a_store_sells_is_checked(sqlite_runtime: Runtime, add_store: Add, selling: dict, fault: str) -> None:
    add_store(sqlite_runtime)

    with sqlite_runtime.write(ANN) as unit, pytest.raises(Invalid, match=fault):
        listings.set_selling(unit, "corner", selling)


def test_a_store_that_is_unknown_names_those_that_are_there(sqlite_runtime: Runtime, add_store: Add) -> None:
    add_store(sqlite_runtime)

    with sqlite_runtime.read(ANN) as unit, pytest.raises(NotFound, match="corner"):
        listings.get_store(unit, "supermarket")


def test_rotation_seals_everything_anew_and_forgets_the_old_key(runtime: Runtime, add_store: Add) -> None:
    add_store(runtime)
    old_key = runtime.secrets.path.read_text()
    with runtime.read() as unit:
        before = unit.bulk.fetch("SELECT credentials, token FROM stores")[0]

    with runtime.secrets.exchanging():
        assert listings.reseal(runtime, ANN) == 1

    with runtime.read() as unit:
        after = unit.bulk.fetch("SELECT credentials, token FROM stores")[0]
    assert set(before).isdisjoint(after)
    assert len(runtime.secrets.path.read_text().split()) == 1
    assert runtime.secrets.path.read_text() != old_key
    assert listings.test_store(runtime, ANN, "corner")


def test_a_rotation_that_breaks_off_loses_nothing(sqlite_runtime: Runtime, add_store: Add) -> None:
    add_store(sqlite_runtime)

    with pytest.raises(ZeroDivisionError), sqlite_runtime.secrets.exchanging():
        listings.reseal(sqlite_runtime, ANN)
        raise ZeroDivisionError

    assert listings.test_store(sqlite_runtime, ANN, "corner")
    with sqlite_runtime.secrets.exchanging():
        listings.reseal(sqlite_runtime, ANN)
    assert listings.test_store(sqlite_runtime, ANN, "corner")


class TestSecrets:
    def test_only_the_owner_may_read_the_key(self, tmp_path: Path) -> None:
        secrets = Secrets(tmp_path / "deep" / "secret.key")
        sealed = secrets.seal({"a": "b"}, "here")

        assert stat.S_IMODE(secrets.path.stat().st_mode) == 0o600
        os.chmod(secrets.path, 0o644)  # noqa: PTH101  # the point is the mode
        with pytest.raises(Conflict, match="chmod 600"):
            secrets.open(sealed, "here")

    def test_a_secret_opens_only_where_it_belongs(self, tmp_path: Path) -> None:
        secrets = Secrets(tmp_path / "secret.key")

        with pytest.raises(Conflict, match="moved"):
            secrets.open(secrets.seal({"a": "b"}, "stores.credentials:1"), "stores.credentials:2")

    def test_a_key_that_is_gone_or_wrong_is_told_without_being_shown(self, tmp_path: Path) -> None:
        path = tmp_path / "secret.key"
        sealed = Secrets(path).seal({"a": "b"}, "here")
        other = new_key()

        with pytest.raises(Conflict, match="another key") as refused:
            Secrets(path, other).open(sealed, "here")
        assert other not in str(refused.value)
        with pytest.raises(Invalid, match="generate") as broken:
            Secrets(path, "not-a-key").open(sealed, "here")
        assert "not-a-key" not in str(broken.value)
        path.unlink()
        with pytest.raises(Conflict, match="backup"):
            Secrets(path).open(sealed, "here")

    def test_given_keys_open_what_any_of_them_sealed_and_the_first_seals(self, tmp_path: Path) -> None:
        old, new = new_key(), new_key()
        sealed = Secrets(tmp_path / "none", old).seal({"a": "b"}, "here")
        both = Secrets(tmp_path / "none", f"{new},{old}")

        assert both.open(sealed, "here") == {"a": "b"}
        assert Secrets(tmp_path / "none", new).open(both.seal({"a": "c"}, "here"), "here") == {"a": "c"}
        assert not (tmp_path / "none").exists()


def test_connecting_changing_and_removing_a_store_is_audited(sqlite_runtime: Runtime, add_store: Add) -> None:
    register_hearing()
    add_store(sqlite_runtime)
    with sqlite_runtime.write(ANN) as unit:
        listings.set_selling(unit, "corner", {"auto_publish": True})
        listings.remove_store(unit, "corner")

    with sqlite_runtime.read(ANN) as unit:
        entries = access.list_audit(unit, action="store.").data[::-1]
    assert [each.action for each in entries] == ["store.connected", "store.changed", "store.removed"]
    assert {(each.actor, each.subject) for each in entries} == {("ann", "corner")}
    assert entries[1].details == {"settings": {"auto_publish": True}}
    assert KEY not in str(entries)


def test_what_is_told_of_a_store_is_over_when_it_is_disconnected(sqlite_runtime: Runtime, add_store: Add) -> None:
    register_hearing()
    store = add_store(sqlite_runtime)
    about = Subject("store", str(store.id), store.name)
    with sqlite_runtime.write(ANN) as unit:
        unit.announce(Noticed([Signal("listing_blocked", about, "5 listings of corner cannot be sent", "")]))
        assert unit.bulk.fetch("SELECT status FROM alerts") == [("open",)]

    with sqlite_runtime.write(ANN) as unit:
        listings.remove_store(unit, "corner")

    with sqlite_runtime.read(ANN) as unit:
        assert unit.bulk.fetch("SELECT status FROM alerts") == [("resolved",)]
