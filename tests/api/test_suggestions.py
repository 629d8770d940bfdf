"""Suggestions over HTTP: proposed, decided, applied and taken back by those who may."""

from pathlib import Path

from starlette.testclient import TestClient

from mercat.core.unit import Runtime
from tests.api.people import door, people
from tests.shops import by_sku, feed

V1 = "/api/v1"


def test_a_suggestion_goes_its_way(sqlite_runtime: Runtime, tmp_path: Path):
    feed(
        sqlite_runtime, tmp_path, [{"sku": "L-1", "name": "Lamp", "price": "10.00", "cost": "9.00", "currency": "USD"}]
    )
    persons = people(sqlite_runtime)
    doors = {role: door(sqlite_runtime, person.token) for role, person in persons.items()}
    viewer, operator, approver = doors["viewer"], doors["operator"], doors["approver"]
    asked = proposal(viewer)

    assert viewer.post(f"{V1}/suggestions", json=asked).status_code == 403
    assert operator.post(f"{V1}/suggestions", json={**asked, "evidence": []}).status_code == 422
    made = operator.post(f"{V1}/suggestions", json=asked)
    assert made.status_code == 201
    here = f"{V1}/suggestions/{made.json()['id']}"
    assert (made.json()["source"], made.json()["status"]) == ("api:operator", "pending")
    assert operator.post(f"{V1}/suggestions", json=asked).json()["id"] == made.json()["id"]
    assert viewer.get(f"{V1}/suggestions", params={"status": "pending"}).json()["total"] == 1

    assert operator.post(f"{here}/approve").status_code == 403
    assert approver.post(f"{here}/apply").status_code == 409
    action = made.json()["actions"][0]["id"]
    edited = approver.post(f"{here}/edit", json={"action": action, "proposed_value": "11.00"})
    assert edited.status_code == 200, edited.text
    edited = edited.json()
    assert edited["actions"][0]["proposed_value"] == "11"
    assert approver.post(f"{here}/approve", json={"notes": "fine"}).json()["status"] == "approved"
    assert by_sku(sqlite_runtime)["L-1"]["price"] == "10"
    assert approver.post(f"{here}/apply").json()["status"] == "applied"
    assert by_sku(sqlite_runtime)["L-1"]["price"] == "11"
    assert approver.post(f"{here}/rollback").json()["status"] == "rolled_back"
    assert by_sku(sqlite_runtime)["L-1"]["price"] == "10"
    assert approver.post(f"{here}/reject").status_code == 409
    assert viewer.get(f"{V1}/suggestion-actions", params={"status": "rolled_back"}).json()["total"] == 1

    second = operator.post(f"{V1}/suggestions", json=asked).json()
    assert approver.post(f"{V1}/suggestions/{second['id']}/reject").json()["status"] == "rejected"
    assert operator.post(f"{V1}/suggestions", json=asked).status_code == 409


def proposal(viewer: TestClient) -> dict[str, object]:
    product = viewer.get(f"{V1}/products/L-1").json()
    return {
        "kind": "restore_margin",
        "subject_type": "product",
        "subject_id": product["id"],
        "title": "Raise the lamp",
        "reasoning": "It costs 9.",
        "evidence": [{"type": "product", "id": product["id"]}],
        "category": "pricing",
        "actions": [
            {
                "action_type": "set_price",
                "target": "L-1",
                "target_field": "price",
                "current_value": "10",
                "proposed_value": "11.25",
                "reasoning": "20 % of it are earned again.",
            }
        ],
    }
