"""Jobs and schedules on pages: stopping, having done again, following along."""

from __future__ import annotations

from uuid import UUID

import pytest
from playwright.sync_api import expect
from starlette.testclient import TestClient

from mercat.core.actor import Actor
from mercat.core.unit import Runtime
from mercat.domain.operations import service as operations
from tests.web.conftest import Open
from tests.web.goods import TERMINAL
from tests.web.work import FAILED, LONG_LINE, RUNNING

TIDY = {"name": "by night", "what": "operations.tidy {}"}


@pytest.fixture
def waiting(admin: TestClient, sqlite_runtime: Runtime) -> list[UUID]:
    """Jobs that nobody works on."""
    admin.post("/schedules/new", data={**TIDY, "when": "daily", "at": "03:15"})
    jobs = []
    for _ in range(2):
        with sqlite_runtime.write() as unit:
            jobs.append(operations.run_schedule(unit, "by night"))
    return jobs


def status(runtime: Runtime, job_id: UUID) -> str:
    with runtime.read() as unit:
        return operations.get_job(unit, str(job_id)).status


def test_a_job_is_cancelled_and_tried_again(admin: TestClient, waiting: list[UUID], sqlite_runtime: Runtime):
    answer = admin.post(f"/jobs/{waiting[0]}/cancel")
    assert status(sqlite_runtime, waiting[0]) == "cancelled"
    assert "ada cancels it" in answer.text
    assert admin.post(f"/jobs/{waiting[0]}/cancel").status_code == 409

    answer = admin.post(f"/jobs/{waiting[0]}/retry")
    assert status(sqlite_runtime, waiting[0]) == "pending"
    assert "It will be tried again" in answer.text


def test_of_selected_jobs_those_that_can_are_cancelled_and_the_others_say_why(
    admin: TestClient, waiting: list[UUID], sqlite_runtime: Runtime
):
    admin.post(f"/jobs/{waiting[0]}/cancel")

    answer = admin.post("/jobs/cancel", data={"id": [str(each) for each in waiting], "back": "/jobs?status=cancelled"})

    assert str(answer.url).endswith("/jobs?status=cancelled")
    assert "1 job cancelled. The job" in answer.text
    assert {status(sqlite_runtime, each) for each in waiting} == {"cancelled"}
    assert "Select a job first" in admin.post("/jobs/cancel", data={"back": "//evil.example"}).text


@pytest.mark.parametrize(
    ("when", "cron", "every_s"),
    [
        ({"when": "weekdays", "at": "6:05"}, "5 6 * * 1-5", None),
        ({"when": "7200"}, None, 7200),
        ({"when": "cron", "cron": "0 9 1 * *"}, "0 9 1 * *", None),
    ],
)
def test_a_schedule_is_made_in_words(
    admin: TestClient, sqlite_runtime: Runtime, when: dict[str, str], cron: str | None, every_s: int | None
):
    answer = admin.post("/schedules/new", data={**TIDY, **when})

    assert answer.url.path == "/schedules"
    with sqlite_runtime.read() as unit:
        made = operations.find_schedule(unit, "by night")
    assert made is not None
    assert (made.cron, made.every_s) == (cron, every_s)


@pytest.mark.parametrize(
    "wrong", [{"when": "daily", "at": "25:00"}, {"when": "cron", "cron": "often"}, {"name": ""}, {"what": "no.such {}"}]
)
def test_what_is_wrong_with_a_schedule_is_said_and_what_was_typed_is_kept(admin: TestClient, wrong: dict[str, str]):
    answer = admin.post("/schedules/new", data={**TIDY, **wrong})

    assert answer.status_code == 422
    assert "note bad" in answer.text
    assert "by night" in answer.text or wrong.get("name") == ""


def test_schedules_run_now_and_are_removed(admin: TestClient, waiting: list[UUID], sqlite_runtime: Runtime):
    with sqlite_runtime.read() as unit:
        found = operations.find_schedule(unit, "by night")
    assert found is not None
    assert len(waiting) == 2

    answer = admin.post("/schedules/run", data={"id": str(found.id)})
    assert answer.url.path.startswith("/jobs/")
    answer = admin.post("/schedules/remove", data={"id": str(found.id)})

    assert "1 schedule removed" in answer.text
    with sqlite_runtime.read() as unit:
        assert operations.find_schedule(unit, "by night") is None


def test_whoever_follows_a_job_hears_what_is_new_and_is_told_when_it_is_over(admin: TestClient, waiting: list[UUID]):
    admin.post(f"/jobs/{waiting[0]}/cancel")

    heard = admin.get(f"/live?topics=job:{waiting[0]}:,nonsense:1")
    assert heard.headers["content-type"].startswith("text/event-stream")
    assert "ada cancels it" in heard.text
    assert heard.text.endswith("id: over\n\n")

    assert admin.get("/live", headers={"Last-Event-ID": "over"}).status_code == 204
    [line] = [each for each in heard.text.splitlines() if each.startswith("id: job")]
    again = admin.get(f"/live?topics=job:{waiting[0]}:", headers={"Last-Event-ID": line.removeprefix("id: ")})
    assert "ada cancels it" not in again.text


def test_a_job_is_followed_in_the_browser(open_page: Open, shop: Runtime):
    with shop.write(Actor("user", "root", via="terminal")) as unit:
        job = operations.run_schedule(unit, "nightly")
    page = open_page(f"/jobs/{job}").page
    expect(page.locator("#job .badge")).to_have_text("Waiting")

    with shop.write(TERMINAL) as unit:
        operations.cancel_job(unit, str(job))

    expect(page.locator("#job .badge")).to_have_text("Cancelled")
    expect(page.locator("#log")).to_contain_text("root cancels it")


def test_a_failed_job_says_why_and_a_running_one_how_far_it_is(open_page: Open):
    failed = open_page(f"/jobs/{FAILED}").page
    expect(failed.locator("#job .note")).to_contain_text(LONG_LINE)
    expect(failed.get_by_role("button", name="Try again")).to_be_visible()

    running = open_page(f"/jobs/{RUNNING}").page
    expect(running.locator("#job-stage")).to_contain_text("1,118 of 1,804")
    expect(running.get_by_role("button", name="Cancel")).to_be_visible()
