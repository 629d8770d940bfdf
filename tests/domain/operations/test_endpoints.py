"""Endpoints: where events may be sent, and who may say so."""

import socket
from dataclasses import replace

import pytest

from mercat.core.actor import Actor
from mercat.core.errors import Conflict, Forbidden, Invalid, NotFound
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from mercat.domain.operations import service as operations
from tests.domain.operations.conftest import ME, add
from tests.domain.operations.receiver import Receiver


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.com/x", "https://"),
        ("ftp://example.com/x", "https://"),
        ("https://", "look like"),
        ("https://a b.test/", "look like"),
        ("https://u:p@example.com/", "a user, a password"),
        ("https://example.com/#x", "a fragment"),
        ("https://127.0.0.1/x", "private network"),
        ("https://[::1]/x", "private network"),
        ("https://10.1.2.3/", "private network"),
        ("https://169.254.169.254/latest/meta-data", "metadata"),
        ("https://[::ffff:169.254.169.254]/", "metadata"),
        ("https://2130706433/", "must not be connected to"),
        ("https://localhost/x", "must not be connected to"),
        ("https://example.com:99999/", "Port"),
    ],
)
def test_an_address_that_must_not_be_sent_to_is_refused(sqlite_runtime: Runtime, url: str, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        operations.add_endpoint(sqlite_runtime, ME, operations.EndpointDraft("bad", url))


def test_an_address_that_leads_to_a_private_one_later_is_refused_at_delivery(
    house: Runtime, receiver: Receiver
) -> None:
    """Added by a Mercat that may send to loopback, sent by one that may not: the address is judged each time."""
    endpoint, _ = add(house, receiver)
    with house.write(ME) as unit:
        operations.emit(unit, "job.failed", {})
    strict = Runtime(replace(house.settings, http_allow_private=False))
    operations.deliver(strict, ME, endpoint)
    strict.close()

    with house.read(ME) as unit:
        (kept,) = operations.list_deliveries(unit)
    assert receiver.got == []
    assert "must not be connected to" in (kept.error or "")
    assert kept.status == "pending"


def test_names_and_events_are_checked_and_what_is_not_there_is_said(house: Runtime, receiver: Receiver) -> None:
    add(house, receiver)
    with pytest.raises(Conflict, match="is called erp already"):
        add(house, receiver)
    with pytest.raises(Invalid, match=r"no event 'product\.eaten'"):
        add(house, receiver, "product.eaten", name="x")
    with pytest.raises(Invalid, match="1 to 100"):
        add(house, receiver, name=" ")
    with house.write(ME) as unit:
        operations.remove_endpoint(unit, "erp")
        with pytest.raises(NotFound, match="mercat webhook list"):
            operations.remove_endpoint(unit, "erp")


def test_who_may_only_look_changes_nothing(house: Runtime, receiver: Receiver) -> None:
    endpoint, _ = add(house, receiver)
    eve = Actor("user", "Eve", frozenset({"operations.read"}))
    with house.read(eve) as unit:
        assert [each.id for each in operations.list_endpoints(unit)] == [endpoint]
    with pytest.raises(Forbidden):
        operations.add_endpoint(house, eve, operations.EndpointDraft("x", receiver.url))
    with pytest.raises(Forbidden):
        operations.rotate_endpoint_secret(house, eve, "erp")
    with pytest.raises(Forbidden):
        operations.test_endpoint(house, eve, "erp")
    with house.write(eve) as unit, pytest.raises(Forbidden):
        operations.remove_endpoint(unit, "erp")


def test_nobody_answers(house: Runtime, receiver: Receiver) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        receiver.port = held.getsockname()[1]
        add(house, receiver)
        tried = operations.test_endpoint(house, ME, "erp")

    assert (tried.last_status, tried.answer) == (None, None)
    assert "the connection failed" in (tried.error or "")
    assert Settings().http_allow_private is False
