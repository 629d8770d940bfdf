"""Logs, configurations, usage, webhooks out, health and figures over HTTP: each once well and once refused."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from mercat.core.actor import Actor
from mercat.core.unit import Runtime
from mercat.domain.operations import service as operations
from mercat.main import make_app
from tests.api.conftest import Doorkeeper, client_of
from tests.core.jobs.work import until
from tests.domain.operations.receiver import Receiver, is_genuine, receiving

V1 = "/api/v1"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def near(sqlite_runtime: Runtime, doorkeeper: Doorkeeper) -> Iterator[TestClient]:
    """An application that may send to loopback."""
    made = Runtime(replace(sqlite_runtime.settings, http_allow_private=True))
    with client_of(made, doorkeeper) as client:
        yield client
    made.close()


def test_what_a_request_logs_is_found_by_its_id_and_without_its_password(api: TestClient) -> None:
    asked = {"name": "ada", "password": "planted-Qx7-password"}
    assert api.post(f"{V1}/auth/sign-in", json=asked, headers={"X-Request-Id": "mine-7"}).status_code == 401

    def lines() -> list[dict[str, object]]:
        found: list[dict[str, object]] = api.get(f"{V1}/logs", params={"request_id": "mine-7"}).json()["data"]
        return found

    until(lambda: bool(lines()))
    assert [each["event"] for each in lines()] == ["sign_in_refused"]
    assert asked["password"] not in api.get(f"{V1}/logs.jsonl").text
    assert api.get(f"{V1}/logs", params={"level": "loud"}).status_code == 422


def test_a_configuration_is_set_judged_remembered_and_put_back(api: TestClient) -> None:
    listed = api.get(f"{V1}/configurations").json()
    assert listed["total"] == len(listed["data"]) > 10
    assert api.put(f"{V1}/configurations/retention.logs_days", json={"value": 7}).json()["value"] == 7
    assert api.put(f"{V1}/configurations/usage.warn_pct", json={"value": 62.5}).json()["value"] == 62.5
    assert api.put(f"{V1}/configurations/webhooks.paused", json={"value": True}).json()["value"] is True
    wrong = api.put(f"{V1}/configurations/retention.logs_days", json={"value": "many"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid")
    assert "a number of days" in wrong.json()["detail"]
    secret = api.put(f"{V1}/configurations/metrics.token", json={"value": "mm_" + "x1" * 12})
    assert secret.json()["value"] == "***"
    assert api.delete(f"{V1}/configurations/retention.logs_days").json()["is_set"] is False
    assert api.get(f"{V1}/configurations/no.such").status_code == 404
    changes = api.get(f"{V1}/configuration-changes", params={"key": "retention.logs_days"}).json()["data"]
    assert [(each["old_value"], each["new_value"]) for each in changes] == [("7", None), (None, "7")]
    assert "x1x1" not in api.get(f"{V1}/configuration-changes").text + api.get(f"{V1}/configurations").text


def test_usage_and_budgets(api: TestClient) -> None:
    assert api.get(f"{V1}/usage").json() == {"data": [], "total": 0}
    (shop,) = api.put(f"{V1}/usage/shopify/budget", json={"monthly_calls": 100}).json()["data"]
    assert (shop["service"], shop["monthly_calls"], shop["used_pct"]) == ("shopify", 100, 0.0)
    assert api.put(f"{V1}/usage/shopify/budget", json={"monthly_calls": -1}).status_code == 422
    assert api.put(f"{V1}/usage/shopify/budget", json={"monthly_calls": None}).json()["total"] == 0


def test_an_endpoint_from_its_first_secret_to_its_end(near: TestClient, receiver: Receiver) -> None:
    made = near.post(f"{V1}/webhook-endpoints", json={"name": "erp", "url": receiver.url, "events": ["job.failed"]})
    assert made.status_code == 201
    secret, place = made.json()["secret"], made.headers["Location"]
    tested = near.post(f"{place}/test").json()
    assert (tested["status"], tested["last_status"], tested["tries"][0]["status"]) == ("delivered", 204, 204)
    assert is_genuine(secret, receiver.got[0])
    assert secret not in near.get(place).text + near.get(f"{V1}/webhook-endpoints").text
    assert near.patch(place, json={"events": ["*"], "is_active": False}).json()["events"] == ["*"]
    assert near.post(f"{V1}/webhook-deliveries/{tested['id']}/replay").status_code == 409
    assert near.patch(place, json={"is_active": True}).json()["disabled_reason"] is None
    assert near.post(f"{V1}/webhook-deliveries/{tested['id']}/replay").json()["status"] == "pending"
    assert near.post(f"{place}/rotate-secret").json()["secret"] != secret
    assert near.post(f"{place}/replay").json() == {"replayed": 0}
    listed = near.get(f"{V1}/webhook-deliveries", params={"status": "pending"}).json()["data"]
    assert [each["id"] for each in listed] == [tested["id"]]
    assert "job.failed" in near.get(f"{V1}/webhook-events").json()
    assert near.delete(place).status_code == 204
    assert near.get(place).status_code == 404


def test_an_address_of_our_own_network_is_refused(api: TestClient) -> None:
    asked = {"name": "erp", "url": "https://127.0.0.1/hook", "events": ["*"]}
    refused = api.post(f"{V1}/webhook-endpoints", json=asked)

    assert (refused.status_code, refused.json()["field"]) == (422, "url")


def test_health_readiness_and_figures(api: TestClient, stranger: TestClient) -> None:
    assert api.get("/health").json()["state"] == "degraded"  # no worker
    assert api.get("/health/ready").json() == {"status": "ok"}
    api.get(f"{V1}/jobs/01a00000-0000-7000-8000-000000000000")
    figures = api.get("/metrics")
    assert figures.headers["content-type"].startswith("text/plain; version=")
    wanted = 'mercat_http_requests_total{method="GET",route="/api/v1/jobs/{job_id}",status="404"} 1.0'
    assert wanted in figures.text.splitlines()
    assert [stranger.get(place).status_code for place in ("/health", "/health/ready", "/metrics")] == [401] * 3
    assert stranger.get("/health/live").status_code == 200


def test_a_watcher_sees_health_and_nothing_else(sqlite_runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the application as any server runs it, with its own doorkeeper."""
    token = "mm_" + "x1" * 12
    with sqlite_runtime.write(Actor("user", "ada")) as unit:
        operations.set_configuration(unit, sqlite_runtime.secrets, "metrics.token", token)
    monkeypatch.setenv("MERCAT_HOME", str(sqlite_runtime.settings.home))
    with TestClient(make_app(), headers={"Authorization": f"Bearer {token}"}) as client:
        assert client.get("/metrics").status_code == 200
        assert client.get("/health").status_code == 200
        for place in ("jobs", "logs", "configurations", "webhook-endpoints", "products"):
            assert client.get(f"{V1}/{place}").status_code == 403
        wrong = client.get("/metrics", headers={"Authorization": f"Bearer {token}x"})
        assert wrong.status_code == 401
        client.app.state.runtime.close()
