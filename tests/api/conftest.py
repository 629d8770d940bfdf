"""The application on a real database, asked over ASGI by somebody who may do everything, or by nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from starlette.testclient import TestClient

from mercat.api.app import make_app
from mercat.core.actor import Actor
from mercat.core.errors import Unauthenticated
from mercat.core.unit import Runtime
from mercat.domain import register_hearing, register_jobs
from mercat.domain.access.service import SettingsView

KEY = "mk_everything"


@dataclass(frozen=True)
class Known:
    """Somebody with a key. ``rate_limit_per_minute`` as the key says."""

    actor: Actor
    key_id: str | None = None
    session_id: str | None = None
    rate_limit_per_minute: int | None = None
    settings: SettingsView = field(default_factory=SettingsView)


class Doorkeeper:
    """Knows who may come in by what they show."""

    def __init__(self) -> None:
        self.known = {KEY: Known(Actor("user", "ada"))}

    def __call__(self, credential: str, _address: str) -> Known:
        if credential not in self.known:
            raise Unauthenticated("nobody is known by this")
        return self.known[credential]


@pytest.fixture
def doorkeeper() -> Doorkeeper:
    return Doorkeeper()


def client_of(runtime: Runtime, doorkeeper: Doorkeeper, key: str | None = KEY) -> TestClient:
    register_hearing()
    register_jobs()
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return TestClient(make_app(runtime, identify=doorkeeper), headers=headers, raise_server_exceptions=False)


@pytest.fixture
def api(sqlite_runtime: Runtime, doorkeeper: Doorkeeper) -> Iterator[TestClient]:
    with client_of(sqlite_runtime, doorkeeper) as client:
        yield client


@pytest.fixture
def stranger(sqlite_runtime: Runtime, doorkeeper: Doorkeeper) -> Iterator[TestClient]:
    with client_of(sqlite_runtime, doorkeeper, None) as client:
        yield client
