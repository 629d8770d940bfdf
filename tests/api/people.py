"""People with roles, keys and tokens of every fate, on a real database."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.testclient import TestClient

from mercat.api.app import make_app
from mercat.core.actor import Actor
from mercat.core.unit import Runtime
from mercat.domain import register_hearing, register_jobs
from mercat.domain.access import service as access

TERMINAL = Actor("user", "root", via="terminal")
PASSWORD = "slow green lamp 7"


@dataclass(frozen=True)
class Person:
    """Somebody with a role, and a token to come in with."""

    role: str
    user: access.UserView
    token: str


def door(runtime: Runtime, token: str | None = None) -> TestClient:
    """A client of the whole application, with the real doorkeeper."""
    register_hearing()
    register_jobs()
    app = make_app(runtime, identify=lambda bearer, address: access.actor_of(runtime, bearer, address=address))
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return TestClient(app, headers=headers, raise_server_exceptions=False)


def people(runtime: Runtime) -> dict[str, Person]:
    """One person of each role."""
    found = {}
    for role in access.ROLES:
        draft = access.UserDraft(role, f"{role}@example.com", role, password=PASSWORD)
        user = access.create_user(runtime, TERMINAL, draft)
        tokens = access.sign_in(runtime, role, PASSWORD, address="")
        found[role] = Person(role, user, tokens.access)
    return found
