"""``mercat config`` and ``mercat logs``: what can be set while Mercat runs, and what it said."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Terminal

PLANTED = "Xk7-planted-9Qz"


def test_a_key_is_listed_set_remembered_and_put_back(terminal: Terminal) -> None:
    assert terminal("config", "list").code == 0
    assert terminal("config", "set", "logs.level", "ERROR").out == "logs.level is ERROR.\n"
    assert terminal("config", "get", "logs.level", "--json").json["value"] == "ERROR"
    assert terminal("config", "set", "logs.level", "--default").code == 0
    history = terminal("config", "history", "--json").json

    assert [(each["old_value"], each["new_value"]) for each in history["data"]] == [("ERROR", None), (None, "ERROR")]
    assert "ERROR" in terminal("config", "history", "logs.level").out
    assert "the default" in terminal("config", "get", "logs.level").out


def test_what_does_not_fit_is_refused_with_what_would(terminal: Terminal) -> None:
    answer = terminal("config", "set", "logs.level", "LOUD")

    assert answer.code == 1
    assert "logs.level takes DEBUG, INFO, WARNING, ERROR or OFF, not 'LOUD'" in answer.err
    assert terminal("config", "set", "no.such", "1").code == 1
    assert terminal("config", "set", "logs.level").code == 1


def test_the_log_and_the_table_bear_the_same_lines_and_no_password(terminal: Terminal) -> None:
    """A feed with a password in its address, where nobody answers: the failure is logged, the password is not."""
    secret = {"MERCAT_FEED_ACME_PASSWORD": PLANTED, "MERCAT_HTTP_ALLOW_PRIVATE": "1"}
    where = "http://anna:{password}@127.0.0.1:1/feed.csv?sig={password}"
    added = terminal.script("feed", "add", "acme", "--location", where, "--connector", "table", **secret)
    queued = terminal.script("feed", "run", "acme", "--detach", **secret)
    answer = terminal.script("worker", "--until-idle", MERCAT_LOG_LEVEL="DEBUG", MERCAT_LOG_JSON="1", **secret)

    assert (added.code, queued.code, answer.code) == (0, 0, 0), added.err + queued.err + answer.err
    shown = [json.loads(line)["event"] for line in answer.err.splitlines() if line.startswith("{")]
    dump = terminal("logs", "list", "--per-page", 100, "--json")
    kept = [line["event"] for line in dump.json["data"]]
    with sqlite3.connect(terminal.home / "mercat.db") as connection:
        tables = [
            row[0]
            for row in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'search%'"
            )
        ]
        content = "".join(str(row) for name in tables for row in connection.execute(f'SELECT * FROM "{name}"'))
    assert "job_failed" in kept
    assert set(kept) <= set(shown)
    assert "127.0.0.1:1" in content
    assert PLANTED not in answer.out + answer.err + dump.out + content


def test_a_secret_is_read_from_standard_input_and_is_no_argument(terminal: Terminal) -> None:
    """The process's arguments are seen by everybody on the machine."""
    token = f"mm_{PLANTED}{PLANTED}"
    assert terminal("config", "set", "metrics.token", token).code == 1
    done = subprocess.run(
        [Path(sys.executable).with_name("mercat"), "config", "set", "metrics.token"],
        env={**os.environ, "MERCAT_HOME": str(terminal.home)},
        input=f"{token}\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "metrics.token is ***.\n")
    assert terminal("config", "get", "metrics.token", "--json").json["is_set"]
    assert token not in "".join(each.out for each in (terminal("config", "list"), terminal("config", "history")))
    assert token.encode() not in (terminal.home / "mercat.db").read_bytes()
