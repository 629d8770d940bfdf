"""Every operation × every role × no token × an expired one × a key of another scope: from the API's own description."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from mercat.domain.access.models import ApiKey
from tests.api.operations import Operation, operations
from tests.api.people import TERMINAL, Person, door, people

OPEN = {
    "live",
    "set_up",
    "sign_in",
    "refresh",
    "sign_out",
    "accept_invitation",
    "forgot_password",
    "reset_password",
}


@pytest.fixture
def persons(sqlite_runtime: Runtime) -> dict[str, Person]:
    return people(sqlite_runtime)


@pytest.fixture
def anybody(sqlite_runtime: Runtime) -> Iterator[TestClient]:
    with door(sqlite_runtime) as client:
        yield client


def test_each_role_may_what_it_holds_and_nothing_else(persons: dict[str, Person], anybody: TestClient):
    wrong = []
    for operation in closed(anybody):
        for role, person in persons.items():
            may = operation.permission is None or operation.permission in access.ROLES[role]
            status = ask(anybody, operation, person.token)
            # What is let in may still find that there is no such thing, or no body.
            if (status == 403) is may or status in {401, 500}:
                wrong.append((operation.id, role, status))

    assert not wrong


def test_a_stranger_an_expired_key_and_a_closed_account_come_in_nowhere(
    sqlite_runtime: Runtime, persons: dict[str, Person], anybody: TestClient
):
    admin = persons["admin"]
    expired = make_key(sqlite_runtime, admin, ["admin"], expires=True)
    gone = persons["operator"]
    access.disable(sqlite_runtime, TERMINAL, gone.user.id)

    answers = {
        operation.id: {ask(anybody, operation, token) for token in (None, "mk_nonsense", "a.b.c", expired, gone.token)}
        for operation in closed(anybody)
    }

    assert {name: codes for name, codes in answers.items() if not codes <= {401, 429}} == {}


def test_a_key_opens_what_its_scopes_name_and_its_owner_may(
    sqlite_runtime: Runtime, persons: dict[str, Person], anybody: TestClient
):
    wrong = []
    narrow = {each: make_key(sqlite_runtime, persons["admin"], [each]) for each in sorted(access.ROLES["admin"])}
    for operation in closed(anybody):
        if operation.permission is None:
            continue
        own = ask(anybody, operation, narrow[operation.permission])
        others = {scope: key for scope, key in narrow.items() if scope != operation.permission}
        foreign = ask(anybody, operation, others[min(others)])
        if own in {401, 500} or foreign != 403:
            wrong.append((operation.id, own, foreign))

    assert not wrong


def test_every_operation_names_a_permission_that_exists(anybody: TestClient):
    listed = list(operations(anybody.app))

    assert {each.id for each in listed if each.is_open} == OPEN
    assert {each.permission for each in listed if each.permission} <= access.PERMISSIONS.keys()
    assert len({each.id for each in listed}) == len(listed)


def closed(client: TestClient) -> list[Operation]:
    found = [each for each in operations(client.app) if not each.is_open]
    assert len(found) > 60
    return found


def ask(client: TestClient, operation: Operation, token: str | None) -> int:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    with client.stream(operation.method.upper(), operation.place, headers=headers) as answer:
        return answer.status_code


def make_key(runtime: Runtime, person: Person, scopes: list[str], *, expires: bool = False) -> str:
    made = access.create_key(runtime, TERMINAL, access.KeyDraft("test", scopes), owner=person.user.id)
    if expires:
        with runtime.write() as unit:
            past = unit.now - dt.timedelta(minutes=1)
            unit.session.execute(update(ApiKey).where(ApiKey.id == made.key.id).values(expires_at=past))
    return made.secret
