"""A Mercat that may send to loopback, and somebody who listens there."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest

from mercat.core.actor import Actor
from mercat.core.unit import Runtime
from mercat.domain.operations import service as operations
from tests.domain.operations.receiver import Receiver, receiving

ME = Actor("user", "Ada")


@pytest.fixture
def house(runtime: Runtime) -> Iterator[Runtime]:
    """A Mercat that may send to loopback."""
    made = Runtime(replace(runtime.settings, http_allow_private=True))
    yield made
    made.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def add(house: Runtime, receiver: Receiver, *events: str, name: str = "erp") -> tuple[UUID, str]:
    draft = operations.EndpointDraft(name, receiver.url, events or ("*",))
    view, secret = operations.add_endpoint(house, ME, draft)
    return view.id, secret
