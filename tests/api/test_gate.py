"""The gate: who comes in, how often, with how much, and what every answer carries."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mercat.api.app import make_app
from mercat.api.rates import Rates
from mercat.core.actor import Actor
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from tests.api.conftest import KEY, Doorkeeper, Known, client_of

JOBS = "/api/v1/jobs"
NOBODY = "01a00000-0000-7000-8000-000000000000"


@pytest.mark.parametrize("path", [JOBS, "/api/v1/nothing", "/api/v1/openapi.json", "/", "/docs", "/health"])
def test_a_stranger_is_told_nothing(stranger: TestClient, path: str):
    answer = stranger.get(path)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "unauthenticated"


def test_whether_the_process_lives_is_told_to_anybody(stranger: TestClient):
    assert stranger.get("/health/live").json() == {"status": "ok"}


@pytest.mark.parametrize(
    "header", ["Bearer wrong", "Basic !!", "Basic " + base64.b64encode(b"x:y").decode(), "Nonsense"]
)
def test_wrong_credentials_are_refused_and_never_shown(api: TestClient, header: str):
    answer = api.get(JOBS, headers={"Authorization": header})

    assert answer.status_code == 401
    assert "wrong" not in answer.text


def test_a_key_may_be_the_user_of_basic_for_reading_only(stranger: TestClient):
    basic = {"Authorization": "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()}

    assert stranger.get(JOBS, headers=basic).status_code == 200
    assert stranger.post(f"{JOBS}/{NOBODY}/cancel", headers=basic).status_code == 401


def test_who_is_remembered_is_not_looked_up(sqlite_runtime: Runtime, doorkeeper: Doorkeeper):
    known = {"mk_seen": doorkeeper.known[KEY]}
    app = make_app(sqlite_runtime, identify=doorkeeper, recall=lambda bearer, _address: known.get(bearer))
    with TestClient(app) as client:
        assert client.get(JOBS, headers={"Authorization": "Bearer mk_seen"}).status_code == 200
        assert client.get(JOBS, headers={"Authorization": f"Bearer {KEY}"}).status_code == 200
        assert client.get(JOBS, headers={"Authorization": "Bearer other"}).status_code == 401


def test_who_may_not_is_told_which_permission_is_missing(sqlite_runtime: Runtime, doorkeeper: Doorkeeper):
    doorkeeper.known["mk_reader"] = Known(Actor("user", "eve", frozenset({"operations.read"})))
    with client_of(sqlite_runtime, doorkeeper, "mk_reader") as reader:
        assert reader.get(JOBS).status_code == 200
        refused = reader.post(f"{JOBS}/{NOBODY}/cancel", content=b"{not json")

    assert refused.status_code == 403
    assert refused.json()["permission"] == "operations.cancel"


def test_every_answer_says_its_request_and_is_not_to_be_sniffed_or_framed(api: TestClient):
    own = api.get(JOBS, headers={"X-Request-Id": "mine-1"})
    made = api.get(f"{JOBS}/{NOBODY}", headers={"X-Request-Id": 'bad"id\n'.strip()})

    assert own.headers["x-request-id"] == "mine-1"
    assert made.json()["request_id"] == made.headers["x-request-id"] != 'bad"id'
    for answer in (own, made):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_client_that_has_it_already_is_not_sent_it_again(api: TestClient):
    first = api.get(JOBS)
    tag = first.headers["etag"]

    again = api.get(JOBS, headers={"If-None-Match": f'"other", W/{tag}'})
    other = api.get(JOBS, headers={"If-None-Match": '"other"'})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert other.status_code == 200


def test_the_head_of_an_answer_is_the_answer_without_its_body(api: TestClient):
    head, whole = api.head(JOBS), api.get(JOBS)

    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.headers["etag"] == whole.headers["etag"]


@pytest.fixture
def narrow(sqlite_runtime: Runtime, doorkeeper: Doorkeeper) -> Iterator[TestClient]:
    """An API that takes a megabyte, three times a minute."""
    sqlite_runtime.settings = replace(Settings(home=sqlite_runtime.settings.home), http_body_mb=1, http_rate=3)
    with client_of(sqlite_runtime, doorkeeper) as client:
        yield client


def test_who_asks_too_often_is_told_when_to_come_back(narrow: TestClient):
    answers = [narrow.get(JOBS) for _ in range(4)]

    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert [each.headers["ratelimit-remaining"] for each in answers] == ["2", "1", "0", "0"]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 20
    assert answers[-1].json()["code"] == "rate_limited"


def test_who_guesses_keys_is_slowed_down(api: TestClient):
    codes = [api.get(JOBS, headers={"Authorization": f"Bearer guess{n}"}).status_code for n in range(62)]

    assert codes[0] == 401
    assert codes[-1] == 429


def test_a_body_that_is_too_large_is_refused_by_what_it_says_and_by_what_it_is(narrow: TestClient):
    def endless() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * 100_000

    said = narrow.post(f"{JOBS}/{NOBODY}/cancel", content=b"x" * 2_000_000, headers={"Idempotency-Key": "a"})
    unsaid = narrow.post(f"{JOBS}/{NOBODY}/cancel", content=endless(), headers={"Idempotency-Key": "b"})

    assert [said.status_code, unsaid.status_code] == [413, 413]
    assert said.json()["code"] == unsaid.json()["code"] == "too_large"


def test_an_address_with_a_nul_is_refused(api: TestClient):
    assert api.get(f"{JOBS}?kind=%00").status_code == 422


def test_all_faults_of_a_request_are_told_at_once(api: TestClient):
    answer = api.get(f"{JOBS}?status=lost&page=0&colour=red").json()

    assert {fault["field"] for fault in answer["errors"]} == {"query.status.0", "query.page", "query.colour"}
    assert answer["status"] == 422


def test_a_foreign_page_is_not_let_in_unless_it_is_named(sqlite_runtime: Runtime, doorkeeper: Doorkeeper):
    asks = {"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"}
    with client_of(sqlite_runtime, doorkeeper) as closed:
        assert "access-control-allow-origin" not in closed.get(JOBS, headers=asks).headers
    sqlite_runtime.settings = replace(sqlite_runtime.settings, http_origins="https://shop.example")
    with client_of(sqlite_runtime, doorkeeper) as named:
        assert named.options(JOBS, headers=asks).headers["access-control-allow-origin"] == "https://shop.example"


def test_rates_forget_those_who_went_long_ago():
    rates = Rates()
    # Twice as many as there are buckets: whoever comes anew finds room, and the last one is remembered.
    for n in range(130_000):
        assert rates.take(str(n), 10).remaining == 9

    assert rates.take("129999", 10).remaining == 8


def test_processes_count_together_and_one_that_is_killed_holds_nobody_up(tmp_path: Path):
    path = tmp_path / "rates"
    rates = Rates(path)
    taking = (
        "import sys; from pathlib import Path; from mercat.api.rates import Rates; rates = Rates(Path(sys.argv[1]))\n"
    )
    count = taking + "print(sum(rates.take('key', 100).is_allowed for _ in range(80)))"
    hold = taking + "import fcntl; fcntl.lockf(rates._file, fcntl.LOCK_EX); print('holds', flush=True); input()"

    counting = [subprocess.Popen((sys.executable, "-c", count, path), stdout=subprocess.PIPE) for _ in range(2)]
    allowed = [int(each.communicate()[0]) for each in counting]
    with subprocess.Popen((sys.executable, "-c", hold, path), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holding:
        assert holding.stdout is not None
        holding.stdout.readline()
        holding.kill()

    # A hundred at once, and some that the minute gives back meanwhile; each for itself would have had all its eighty.
    assert 100 <= sum(allowed) < 160
    assert rates.take("key", 100).remaining < 80


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        (JOBS, "GET, HEAD"),
        ("/api/v1/docs", "GET, HEAD"),
        ("/api/v1/openapi.json", "GET, HEAD"),
        ("/oauth/shopify/callback", "GET, HEAD"),
        (f"/webhooks/{NOBODY}", "POST"),
        ("/api/v1/products/search", "GET, HEAD, POST"),
    ],
)
def test_a_method_that_is_not_there_is_answered_with_those_that_are(api: TestClient, path: str, allowed: str):
    answer = api.put(path)

    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
