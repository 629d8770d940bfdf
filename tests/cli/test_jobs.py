"""Jobs and schedules at the terminal."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal, write_feed


@pytest.fixture
def acme(terminal: Terminal, tmp_path: Path) -> Terminal:
    """A feed with one file."""
    folder = tmp_path / "in"
    folder.mkdir()
    write_feed(folder / "one.csv")
    answer = terminal("feed", "add", "acme", "--location", folder / "*.csv", "--connector", "table", "--every", "6h")
    assert answer.code == 0, answer.err
    return terminal


def test_a_feed_is_left_to_a_worker_and_its_run_knows_the_job(acme: Terminal) -> None:
    job_id = acme("feed", "run", "acme", "--detach", "--json").json["job_id"]
    assert acme("feed", "run", "acme", "--detach", "--json").json["job_id"] == job_id, "it waits already"
    assert "pending" in acme("jobs", "list").out
    done = acme.script("worker", "--until-idle", "--json")
    assert (done.code, json.loads(done.out)["stopped"]) == (0, True), done.err
    job = acme("jobs", "show", job_id[-8:], "--json").json
    assert (job["status"], job["kind"], job["subject"][:5]) == ("completed", "suppliers.run_feed", "feed ")
    assert (job["result"]["status"], job["result"]["created"]) == ("applied", 12)
    assert [each["message"] for each in acme("jobs", "logs", job_id, "--json").json][-1] == "completed"
    assert acme("jobs", "logs", job_id, "--follow").out.splitlines()[-1].endswith("completed")
    assert [run["job_id"] for run in acme("history", "list", "--json").json["data"]] == [job_id]


def test_a_feed_that_somebody_waits_for_is_a_job_too(acme: Terminal) -> None:
    waiting = acme("feed", "run", "acme", "--detach", "--json").json["job_id"]
    answer = acme("feed", "run", "acme", "--json")
    assert (answer.code, answer.json["status"], answer.json["created"]) == (0, "applied", 12)
    [job] = acme("jobs", "list", "--kind", "suppliers.run_feed", "--json").json["data"]
    assert (job["id"], job["status"], job["worker"], job["attempts"]) == (waiting, "completed", "terminal-1", 1)
    assert job["result"] == answer.json
    assert [run["job_id"] for run in acme("history", "list", "--json").json["data"]] == [waiting]
    again = acme("feed", "run", "acme", "--json")
    assert (again.code, again.json["status"], again.json["files"]) == (0, "unchanged", [])


def test_a_feed_that_cannot_be_fetched_says_so_and_is_a_failed_job(terminal: Terminal, tmp_path: Path) -> None:
    terminal("feed", "add", "gone", "--location", tmp_path / "gone.csv", "--connector", "table")
    answer = terminal("feed", "run", "gone", "--json")
    assert (answer.code, answer.json["error"]["kind"]) == (1, "Rejected")
    [job] = terminal("jobs", "list", "--status", "failed", "--json").json["data"]
    assert job["error"] == answer.json["error"]["message"]


def test_jobs_are_cancelled_and_retried(acme: Terminal) -> None:
    job_id = acme("feed", "run", "acme", "--detach", "--json").json["job_id"]
    assert acme("jobs", "cancel", job_id, "--json").json["status"] == "cancelled"
    assert job_id[-8:] in acme("jobs", "list", "--status", "cancelled", "--kind", "suppliers.run_feed").out
    refused = acme("jobs", "cancel", job_id)
    assert (refused.code, "nothing to cancel" in refused.err) == (1, True)
    assert acme("jobs", "retry", job_id, "--json").json["status"] == "pending"
    assert acme("jobs", "show", "ffffffff").code == 1
    assert acme("feed", "run", "nobody", "--detach").code == 1


def test_schedules_come_with_feeds_and_alone(acme: Terminal) -> None:
    added = acme(
        "schedule", "add", "night", "--kind", "suppliers.run_feed", "--set", "name=acme",
        "--cron", "30 2 * * *", "--timezone", "Europe/Berlin", "--json",
    )  # fmt: skip
    assert added.json["payload"]["name"] == "acme"
    assert {each["name"] for each in acme("schedule", "list", "--json").json["data"]} == {"feed acme", "night"}
    assert acme("feed", "show", "acme", "--json").json["next_run_at"]
    job_id = acme("schedule", "run", "night", "--json").json["job_id"]
    assert acme("jobs", "show", job_id, "--json").json["schedule_id"] == added.json["id"]
    assert acme("schedule", "remove", "night").code == 0
    assert acme("feed", "remove", "acme").code == 0
    assert acme("schedule", "list", "--json").json["total"] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        ["schedule", "add", "x", "--kind", "no.body", "--every", "1h"],
        ["schedule", "add", "x", "--kind", "suppliers.run_feed", "--every", "1h"],
        ["schedule", "add", "x", "--kind", "suppliers.run_feed", "--set", "name=a", "--every", "soon"],
        ["schedule", "add", "x", "--kind", "suppliers.run_feed", "--set", "name=a"],
        ["schedule", "remove", "x"],
        ["worker", "--queues", "nowhere"],
    ],
)
def test_what_cannot_be_is_refused_in_words(terminal: Terminal, wrong: list[str]) -> None:
    answer = terminal(*wrong)
    assert answer.code == 1
    assert answer.err.startswith("mercat: ")
    assert "unexpected" not in answer.err
