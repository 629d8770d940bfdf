"""Backups and figures over HTTP: asked for by administrators, made by a worker."""

from __future__ import annotations

from starlette.testclient import TestClient

from mercat.core.actor import Actor
from mercat.core.jobs.models import Job
from mercat.core.unit import Runtime
from mercat.domain.operations import service as operations


def test_a_backup_is_a_job_and_is_listed_when_it_is_made(api: TestClient, sqlite_runtime: Runtime) -> None:
    asked = api.post("/api/v1/backups", json={"description": "nightly", "form": "portable"})
    assert (asked.status_code, asked.json()["kind"]) == (202, "operations.backup")
    with sqlite_runtime.read() as unit:
        assert unit.session.query(Job).one().payload["description"] == "nightly"
    made = operations.create_backup(sqlite_runtime, Actor("user", "ada"), operations.BackupDraft("nightly", "portable"))

    listed = api.get("/api/v1/backups").json()
    assert [(each["name"], each["state"], each["description"]) for each in listed["data"]] == [
        (made.name, "whole", "nightly")
    ]
    assert str(sqlite_runtime.settings.home) not in str(listed)
    proved = api.post(f"/api/v1/backups/{made.name}/verify")
    assert (proved.status_code, proved.json()["kind"]) == (202, "operations.verify_backup")
    assert api.post("/api/v1/backups/..%2Fsecret.key/verify").status_code in {404, 422}


def test_health_and_figures(api: TestClient) -> None:
    assert api.get("/api/v1/database/health").json()["checks"]["connection"]["state"] == "ok"
    figures = api.get("/api/v1/database/stats?exact=true").json()
    assert {"products", "users"} <= {each["name"] for each in figures["tables"]}


def test_a_table_comes_as_a_file(api: TestClient) -> None:
    listed = {each["name"]: each for each in api.get("/api/v1/database/tables").json()["data"]}
    assert (listed["products"]["kept_by"], listed["users"]["kept_by"]) == ("change sets", None)
    got = api.get("/api/v1/database/tables/users.csv")
    assert (got.status_code, got.headers["content-type"][:8]) == (200, "text/csv")
    assert got.text.splitlines()[0].startswith("id,")
    assert api.get("/api/v1/database/tables/nothing.csv").status_code == 404
    assert api.get("/api/v1/database/tables/users.txt").status_code == 422
