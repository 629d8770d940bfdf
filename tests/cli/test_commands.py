"""The commands, as somebody types them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from mercat.cli.app import COMMANDS, app

from .conftest import Terminal, write_feed

KEYS = {
    "change_set",
    "status",
    "rows",
    "products",
    "created",
    "updated",
    "unchanged",
    "archived",
    "duplicates",
    "rejected",
    "warnings",
    "findings",
    "seconds",
    "rows_per_second",
    "peak_memory_mb",
}


def test_the_help_names_every_command() -> None:
    shown = CliRunner().invoke(app, ["--help"]).stdout
    assert [name for name in COMMANDS if f"\n  {name} " not in shown] == []


def test_an_import_creates_and_its_json_has_the_agreed_keys(terminal: Terminal, feed: Path) -> None:
    answer = terminal("import", feed, "--json")
    assert answer.code == 0
    assert answer.json.keys() >= KEYS
    assert (answer.json["status"], answer.json["created"]) == ("applied", 12)


def test_the_same_file_again_changes_nothing(terminal: Terminal, feed: Path) -> None:
    terminal("import", feed)
    answer = terminal("import", feed, "--json")
    assert (answer.code, answer.json["status"], answer.json["change_set"]) == (0, "unchanged", None)


def test_a_held_import_says_what_to_do_and_touches_nothing(terminal: Terminal, feed: Path) -> None:
    terminal("import", feed)
    write_feed(feed, factor=5)
    answer = terminal("import", feed)
    assert answer.code == 3
    assert "12 prices move by more than 30 %" in answer.out
    assert "A-1: 10.5 → 50.5" in answer.out
    assert "mercat changes approve" in answer.out
    assert terminal("why", "A-1", "price", "--json").json["fields"][0]["value"] == "10.5"


def test_a_held_set_is_reviewed_approved_explained_and_undone(terminal: Terminal, feed: Path) -> None:
    terminal("import", feed)
    held = terminal("import", write_feed(feed, factor=5), "--json").json
    reference = held["change_set"][-8:]
    flagged = terminal("changes", "show", reference, "--flagged", "--json").json["changes"]
    assert (flagged["total"], flagged["data"][0]["flag"]) == (12, "price_change")
    assert terminal("changes", "approve", reference, "--json").json["status"] == "applied"
    origins = terminal("why", "A-2", "price", "--json").json["fields"][0]["origins"]
    assert [(each["value"], each["outcome"], each["line"]) for each in origins] == [
        ("100.5", "stands", 3),
        ("20.5", "superseded", 3),
    ]
    runs = terminal("history", "list", "--json").json["data"]
    assert {each["run"] for each in origins} == {each["id"] for each in runs}
    assert terminal("changes", "undo", reference).code == 0
    assert terminal("why", "A-2", "price", "--json").json["fields"][0]["value"] == "20.5"
    assert {each["status"] for each in terminal("changes", "list", "--json").json["data"]} == {"applied", "undone"}


def test_a_rejected_set_cannot_be_approved_any_more(terminal: Terminal, feed: Path) -> None:
    terminal("import", feed)
    reference = terminal("import", write_feed(feed, factor=5), "--json").json["change_set"]
    assert terminal("changes", "reject", reference, "--json").json["status"] == "rejected"
    answer = terminal("changes", "approve", reference)
    assert (answer.code, "nothing to approve" in answer.err) == (1, True)


def test_a_plan_is_not_applied_until_it_is_approved(terminal: Terminal, feed: Path) -> None:
    planned = terminal("import", feed, "--plan-only", "--json")
    assert (planned.code, planned.json["status"]) == (0, "planned")
    assert terminal("why", "A-1").code == 1
    terminal("changes", "approve", planned.json["change_set"])
    assert terminal("why", "A-1").code == 0


def test_yes_applies_what_a_guard_would_hold(terminal: Terminal, feed: Path) -> None:
    terminal("import", feed)
    answer = terminal("import", write_feed(feed, factor=5), "--yes", "--json")
    assert (answer.code, answer.json["status"], answer.json["updated"]) == (0, "applied", 12)


def test_a_guard_can_be_loosened(terminal: Terminal, feed: Path) -> None:
    terminal("import", feed)
    assert terminal("import", write_feed(feed, factor=5), "--guard", "price_change_pct=none").code == 0


def test_rejected_rows_are_shown_with_line_and_reason(terminal: Terminal, tmp_path: Path) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_text("sku,name,price\nA-1,Lamp,1.00\n,Nameless,2.00\n")
    reference = terminal("import", feed, "--json").json["change_set"]
    [refused] = terminal("changes", "show", reference, "--rejects", "--json").json["rejects"]["data"]
    assert (refused["line"], "no code" in refused["reason"]) == (3, True)
    assert "no code" in terminal("changes", "show", reference, "--rejects").out


def test_a_profile_is_proposed_saved_and_used(terminal: Terminal, feed: Path, tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    answer = terminal("feed", "inspect", feed, "--save", profile)
    assert (answer.code, 'sku = "sku"' in answer.out) == (0, True)
    assert terminal("import", feed, "--profile", profile, "--json").json["created"] == 12
    again = terminal("feed", "inspect", feed, "--save", profile)
    assert (again.code, "is there already" in again.err) == (1, True)


def test_inspect_needs_no_database(bare: Terminal, feed: Path) -> None:
    answer = bare("feed", "inspect", feed, "--json")
    assert [each["field"] for each in answer.json["columns"]] == ["sku", "name", "price"]
    assert not bare.home.exists()


def test_settings_reach_the_connector(terminal: Terminal, tmp_path: Path) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_bytes("sku;name\nA-1;Größe\n".encode("cp1252"))
    assert terminal("import", feed, "--setting", "read.encoding=cp1250", "--setting", "read.delimiter=;").code == 0
    assert terminal("why", "A-1", "name", "--json").json["fields"][0]["value"] == "Größe"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--guard", "sideways=1"), "no guard is called 'sideways'"),
        (("--guard", "price_change_pct=lots"), "is no number"),
        (("--setting", "nonsense"), "NAME=VALUE"),
        (("--setting", "a=1", "--setting", "a.b=2"), "plain value"),
        (("--setting", "colour=blue"), "colour"),
        (("--connector", "carrier-pigeon"), "no connector called"),
        (("--profile", "nowhere.toml"), "there is no profile"),
        (("--supplier", ""), "supplier's code"),
    ],
)
def test_wrong_input_is_refused_with_the_mend(
    terminal: Terminal, feed: Path, arguments: tuple[str, ...], said: str
) -> None:
    answer = terminal("import", feed, *arguments)
    assert (answer.code, answer.out) == (1, "")
    assert said in answer.err
    assert "Traceback" not in answer.err


@pytest.mark.parametrize("arguments", [("import",), ("nonsense",), ("import", "x", "--mode", "sideways"), ("changes",)])
def test_wrong_usage_is_exit_code_2(terminal: Terminal, arguments: tuple[str, ...]) -> None:
    assert terminal(*arguments).code == 2


@pytest.mark.parametrize(
    "arguments",
    [("changes", "list"), ("import", __file__), ("why", "A-1"), ("feed", "list"), ("match", "list"), ("db", "check")],
)
def test_without_a_database_the_mend_is_named(bare: Terminal, arguments: tuple[str, ...]) -> None:
    answer = bare(*arguments)
    assert (answer.code, "mercat init" in answer.err) == (1, True)
    assert not bare.home.exists()


def test_init_is_repeatable_and_check_agrees(bare: Terminal) -> None:
    assert bare("init", "--json").json["before"] is None
    again = bare("init", "--json").json
    assert again["before"] == again["revision"]
    assert bare("db", "check").code == 0


def test_an_outdated_database_is_named_and_check_finds_the_difference(terminal: Terminal) -> None:
    terminal("db", "downgrade", "base", "--yes")
    answer = terminal("changes", "list")
    assert (answer.code, "mercat init" in answer.err) == (1, True)
    assert terminal("db", "check").code == 1
    terminal("db", "upgrade")
    assert terminal("changes", "list").code == 0


def test_downgrade_asks_first(terminal: Terminal) -> None:
    assert terminal("db", "downgrade", "base").code == 1
    assert terminal("db", "check").code == 0


def test_config_masks_the_password(bare: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MERCAT_DATABASE_URL", "postgresql://shop:hunter2@db.example/mercat")
    monkeypatch.setenv("MERCAT_FEED_ACME_DAILY_PASSWORD", "hunter2")
    assert "ACME_DAILY ***" in bare("config", "show").out
    for answer in (bare("config", "show"), bare("config", "show", "--json")):
        assert "hunter2" not in answer.out
        assert "shop:***@db.example" in answer.out


def test_history_lists_runs_and_failures(terminal: Terminal, feed: Path, tmp_path: Path) -> None:
    terminal("import", feed)
    (tmp_path / "bad.csv").write_text("colour,shape\nred,round\n")
    assert terminal("import", tmp_path / "bad.csv").code == 1
    runs = terminal("history", "list", "--json").json["data"]
    assert [each["status"] for each in runs] == ["failed", "success"]
    assert "failed" in terminal("history", "list").out


def test_hostile_text_cannot_move_the_cursor(terminal: Terminal, tmp_path: Path) -> None:
    feed = tmp_path / "feed.csv"
    feed.write_text("sku,name,price\nA-1,Lamp [red]\x1b[2J\u202egnp.exe,1.00\n")
    reference = terminal("import", feed, "--json").json["change_set"]
    shown = (
        terminal("changes", "show", reference).out + terminal("why", "A-1").out + terminal("feed", "inspect", feed).out
    )
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "[red]" in shown


def test_ambiguous_matches_are_listed_pinned_and_obeyed(terminal: Terminal, tmp_path: Path) -> None:
    feed = tmp_path / "ours.csv"
    feed.write_text("sku,name,brand,mpn\nA-1,Lamp,Lumen,L100\nA-2,Lamp (box),Lumen,L100\n")
    terminal("import", feed, "--supplier", "ours")
    theirs = tmp_path / "theirs.csv"
    theirs.write_text("sku,name,brand,mpn\nX-9,The lamp,Lumen,L-100\n")
    assert terminal("import", theirs, "--supplier", "theirs", "--json").json["ambiguous"] == 1
    [question] = terminal("match", "list", "--json").json["data"]
    assert {each["sku"] for each in question["candidates"]} == {"A-1", "A-2"}
    assert "X-9" in terminal("match", "list").out
    assert terminal("match", "pin", "theirs", "X-9", "A-2").code == 0
    assert terminal("import", theirs, "--supplier", "theirs", "--json").json["ambiguous"] == 0
    assert terminal("match", "list").out.startswith("No question is open")
    named = terminal("why", "A-2", "name", "--json").json["fields"][0]
    assert {each["source"] for each in named["origins"]} == {"ours", "theirs"}
    assert terminal("match", "unpin", "theirs", "X-9").code == 0
    assert terminal("match", "unpin", "theirs", "X-9").code == 1


@pytest.mark.parametrize(
    "arguments", [("nobody", "X-9", "A-1"), ("direct", "X-9", "no such SKU")], ids=["supplier", "sku"]
)
def test_a_pin_to_nothing_is_refused(terminal: Terminal, feed: Path, arguments: tuple[str, ...]) -> None:
    terminal("import", feed)
    assert terminal("match", "pin", *arguments).code == 1
