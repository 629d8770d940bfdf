"""Feeds: what is new at a location is imported, each file once, oldest first."""

import os
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mercat.core.actor import Actor
from mercat.core.errors import Conflict, Invalid, MercatError, NotFound
from mercat.core.unit import Runtime
from mercat.domain.catalog import service as catalog
from mercat.domain.operations import service as operations
from mercat.domain.suppliers import service as suppliers
from mercat.sdk.errors import Rejected, VendorError
from tests.sdk.fetch.web_server import Page, Site, serving

ME = Actor("user", "Ada")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "inbox"
    made.mkdir()
    return made


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as made:
        yield made


def drop(folder: Path, name: str, price: str, *, age: int) -> Path:
    """A file that arrived so many seconds after the first of January 2026."""
    path = folder / name
    path.write_text(f"sku,name,price\nA-1,Lamp,{price}\n")
    os.utime(path, (1_767_225_600 + age,) * 2)
    return path


def add(runtime: Runtime, location: object, **more: object) -> None:
    with runtime.write(ME) as unit:
        suppliers.add_feed(unit, suppliers.FeedDraft("shop", str(location), "table", **more))  # type: ignore[arg-type]


def run(runtime: Runtime, **more: bool) -> suppliers.FeedResult:
    return suppliers.run_feed(runtime, ME, "shop", **more)


def price(runtime: Runtime) -> object:
    with runtime.read(ME) as unit:
        return catalog.why(unit, "A-1", "price")[0].value


def test_files_of_a_pattern_come_oldest_first_and_once(runtime: Runtime, folder: Path) -> None:
    # By name the newer one would come first.
    drop(folder, "b-old.csv", "10.00", age=1)
    drop(folder, "a-new.csv", "11.00", age=2)
    drop(folder, "notes.txt", "99.00", age=3)
    add(runtime, folder / "*.csv")
    first = run(runtime)
    assert [each["name"] for each in first.files] == ["b-old.csv", "a-new.csv"]
    assert (first.status, first.rows, first.created, first.updated, price(runtime)) == ("applied", 2, 1, 1, "11")
    again = run(runtime)
    assert (again.status, again.files, again.change_set) == ("unchanged", [], None)
    drop(folder, "c.csv", "12.00", age=4)
    assert [each["name"] for each in run(runtime).files] == ["c.csv"]
    assert price(runtime) == "12"


def test_a_copy_under_another_name_is_known_by_its_bytes(sqlite_runtime: Runtime, folder: Path) -> None:
    drop(folder, "monday.csv", "10.00", age=1)
    drop(folder, "tuesday.csv", "11.00", age=2)
    add(sqlite_runtime, folder / "*.csv")
    run(sqlite_runtime)
    drop(folder, "wednesday.csv", "10.00", age=3)
    assert run(sqlite_runtime).files == []
    assert price(sqlite_runtime) == "11"
    assert [each["name"] for each in run(sqlite_runtime, again=True).files] == [
        "monday.csv",
        "tuesday.csv",
        "wednesday.csv",
    ]


def test_a_file_is_read_again_when_its_profile_changes(sqlite_runtime: Runtime, folder: Path) -> None:
    drop(folder, "prices.csv", "10.00", age=1)
    add(sqlite_runtime, folder / "*.csv")
    run(sqlite_runtime)
    with sqlite_runtime.write(ME) as unit:
        suppliers.remove_feed(unit, "shop")
    profile = 'key = "sku"\n[columns]\nsku = "sku"\nname = "name"\nprice = "compare_at_price"\n'
    add(sqlite_runtime, folder / "*.csv", profile=profile)
    assert len(run(sqlite_runtime).files) == 1


def test_a_held_file_stops_the_run_until_somebody_decides(sqlite_runtime: Runtime, folder: Path) -> None:
    for age, amount in enumerate(("10.00", "90.00", "91.00"), 1):
        drop(folder, f"{age}.csv", amount, age=age)
    add(sqlite_runtime, folder / "*.csv")
    held = run(sqlite_runtime)
    assert (held.status, [each["status"] for each in held.files]) == ("held", ["applied", "held"])
    assert price(sqlite_runtime) == "10"
    assert [each["status"] for each in run(sqlite_runtime).files] == ["held"]
    with sqlite_runtime.write(ME) as unit:
        catalog.reject(unit, catalog.get_set(unit, held.change_set or "").id)
    # Turned down is decided: the next one is compared with what stands.
    assert [each["name"] for each in run(sqlite_runtime).files] == ["3.csv"]


def test_yes_lets_a_held_file_through(sqlite_runtime: Runtime, folder: Path) -> None:
    drop(folder, "1.csv", "10.00", age=1)
    drop(folder, "2.csv", "90.00", age=2)
    add(sqlite_runtime, folder / "*.csv")
    assert (run(sqlite_runtime, yes=True).status, price(sqlite_runtime)) == ("applied", "90")


def test_guards_and_mode_of_the_feed_are_obeyed(sqlite_runtime: Runtime, folder: Path) -> None:
    drop(folder, "1.csv", "10.00", age=1)
    drop(folder, "2.csv", "90.00", age=2)
    add(sqlite_runtime, folder / "*.csv", guards={"price_change_pct": None})
    assert (run(sqlite_runtime).status, price(sqlite_runtime)) == ("applied", "90")


def test_files_together_make_one_import(sqlite_runtime: Runtime, folder: Path) -> None:
    (folder / "1.csv").write_text("sku,name\nA-1,Lamp\n")
    (folder / "2.csv").write_text("sku,name\nA-2,Chair\n")
    add(sqlite_runtime, folder, together=True)
    result = run(sqlite_runtime)
    assert [each["name"] for each in result.files] == ["1.csv, 2.csv"]
    assert result.created == 2
    assert run(sqlite_runtime).status == "unchanged"


@pytest.mark.parametrize(
    "location",
    [
        "sftp://shop:hunter2@feeds.example/out/*.csv",
        "ftp://shop:hunter2@feeds.example/",
        "https://hunter2@feeds.example/a.csv",
        "https://feeds.example/a.csv?token=hunter2",
        "https://shop:{password}@feeds.example/a.csv?key=hunter2",
    ],
)
def test_a_password_is_kept_out_of_the_location(sqlite_runtime: Runtime, location: str) -> None:
    with pytest.raises(Invalid, match="MERCAT_FEED_SHOP_PASSWORD") as refused:
        add(sqlite_runtime, location)
    assert "hunter2" not in refused.value.message


def test_a_token_stands_in_a_query_only_when_the_feed_runs(sqlite_runtime: Runtime, site: Site, tmp_path: Path) -> None:
    runtime = sqlite_runtime
    runtime.settings = replace(runtime.settings, http_allow_private=True)
    site.pages["/prices.csv?token=a%26b"] = Page(b"sku,name,price\nA-1,Lamp,10.00\n")
    add(runtime, site.url("/prices.csv?token={password}"), fetch={"settle_s": 0})
    with pytest.raises(Invalid, match="MERCAT_FEED_SHOP_PASSWORD"):
        run(runtime)
    kept = tmp_path / "password"
    kept.write_text("a&b\n")
    with runtime.write(ME) as unit:
        suppliers.remove_feed(unit, "shop")
    add(runtime, site.url("/prices.csv?token={password}"), fetch={"settle_s": 0, "password_file": str(kept)})
    assert run(runtime).created == 1


def test_a_place_that_would_be_shown_takes_no_password(sqlite_runtime: Runtime) -> None:
    with pytest.raises(Invalid, match="where it would be shown"):
        add(sqlite_runtime, "https://feeds.example/{password}/a.csv")


def test_a_web_address_is_fetched_and_its_password_never_shown(sqlite_runtime: Runtime, site: Site) -> None:
    runtime = sqlite_runtime
    runtime.settings = replace(runtime.settings, http_allow_private=True, feed_passwords={"SHOP": "hunter2"})
    site.pages["/prices.csv"] = Page(b"sku,name,price\nA-1,Lamp,10.00\n")
    add(runtime, site.url("/prices.csv").replace("://", "://shop:{password}@"), fetch={"settle_s": 0})
    assert run(runtime).created == 1
    assert site.gets()[-1]["Authorization"] == "Basic " + b64encode(b"shop:hunter2").decode()
    fetched = len(site.gets())
    assert run(runtime).status == "unchanged"
    # Its size and time are the known ones: it was not even brought again.
    assert len(site.gets()) == fetched
    with runtime.read(ME) as unit:
        assert "hunter2" not in suppliers.get_feed(unit, "shop").location
    site.pages["/prices.csv"] = Page(b"sku,name,price\nA-1,Lamp,11.00\n", modified="Tue, 06 Oct 2026 10:00:00 GMT")
    assert (run(runtime).updated, price(runtime)) == (1, "11")


def test_private_addresses_are_refused_unless_the_settings_allow_them(sqlite_runtime: Runtime, site: Site) -> None:
    site.pages["/prices.csv"] = Page(b"sku,name\nA-1,Lamp\n")
    add(sqlite_runtime, site.url("/prices.csv"))
    with pytest.raises(VendorError):
        run(sqlite_runtime)
    assert site.seen == []


def test_the_password_is_read_from_its_file_when_the_feed_runs(
    sqlite_runtime: Runtime, site: Site, tmp_path: Path
) -> None:
    runtime = sqlite_runtime
    runtime.settings = replace(runtime.settings, http_allow_private=True)
    site.pages["/prices.csv"] = Page(b"sku,name\nA-1,Lamp\n")
    secret = tmp_path / "password"
    add(runtime, site.url("/prices.csv"), fetch={"username": "shop", "password_file": str(secret), "settle_s": "0"})
    with pytest.raises(Invalid, match="cannot be read"):
        run(runtime)
    secret.write_text("hunter2\n")
    run(runtime)
    assert site.gets()[-1]["Authorization"] == "Basic c2hvcDpodW50ZXIy"


def test_a_run_that_fails_shows_in_the_history_and_on_the_feed(sqlite_runtime: Runtime, folder: Path) -> None:
    add(sqlite_runtime, folder / "*.csv")
    with pytest.raises(Rejected, match="no file matches"):
        run(sqlite_runtime)
    with sqlite_runtime.read(ME) as unit:
        [failed] = operations.list_runs(unit).data
        feed = suppliers.get_feed(unit, "shop")
        assert (failed.status, "no file matches" in (failed.message or "")) == ("failed", True)
        assert (feed.last_run_at is None, feed.last_success_at) == (False, None)


def test_a_feed_that_ran_is_kept_for_its_history_and_comes_back(runtime: Runtime, folder: Path) -> None:
    drop(folder, "1.csv", "10.00", age=1)
    add(runtime, folder)
    with runtime.write(ME) as unit:
        assert suppliers.remove_feed(unit, "shop")
    add(runtime, folder)
    run(runtime)
    with runtime.write(ME) as unit:
        assert not suppliers.remove_feed(unit, "shop")
    with pytest.raises(Conflict, match="was removed"):
        run(runtime)
    add(runtime, folder)
    assert run(runtime).status == "unchanged"


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "sideways"},
        {"currency": "euro"},
        {"guards": {"sideways": 1}},
        {"fetch": {"password": "hunter2"}},
        {"settings": {"colour": "blue"}},
        {"profile": "this is = = no TOML"},
    ],
    ids=lambda case: next(iter(case)),
)
def test_a_feed_that_could_never_run_is_refused(sqlite_runtime: Runtime, wrong: dict[str, object]) -> None:
    with pytest.raises(MercatError):
        add(sqlite_runtime, "somewhere.csv", **wrong)
    with sqlite_runtime.read(ME) as unit, pytest.raises(NotFound):
        suppliers.get_feed(unit, "shop")


def test_a_name_is_taken_once(sqlite_runtime: Runtime) -> None:
    add(sqlite_runtime, "somewhere.csv")
    with pytest.raises(Conflict):
        add(sqlite_runtime, "elsewhere.csv")
