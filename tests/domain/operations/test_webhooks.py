"""Outgoing webhooks: written with what causes them, signed, tried again, given up, replayed."""

import datetime as dt
import threading
import time
from dataclasses import dataclass
from uuid import UUID

import pytest
from sqlalchemy import delete, text, update

from mercat.core.errors import Conflict, Invalid
from mercat.core.jobs import JobContext, Message, handles
from mercat.core.jobs.models import Job
from mercat.core.unit import Runtime
from mercat.domain import register_hearing, register_jobs
from mercat.domain.operations import service as operations
from mercat.domain.operations.models import WebhookDelivery, WebhookEndpoint
from tests.core.jobs.conftest import ended, working
from tests.core.jobs.work import until
from tests.domain.operations.conftest import ME, add
from tests.domain.operations.receiver import Handler, Receiver, is_genuine, receiving, says

register_hearing()
register_jobs()


@dataclass(frozen=True)
class Stumble(Message, kind="testing.stumble"):
    """Fail for good."""


@handles(Stumble)
def stumble(_job: JobContext, _message: Stumble) -> None:
    raise Invalid("it cannot be done")


def emit(house: Runtime, event: str = "change_set.held", count: int = 1) -> None:
    with house.write(ME) as unit:
        for number in range(count):
            operations.emit(unit, event, {"number": number})


def deliveries(house: Runtime) -> list[WebhookDelivery]:
    with house.read(ME) as unit:
        return operations.list_deliveries(unit).data[::-1]


def send(house: Runtime, endpoint: UUID) -> operations.DeliveryTally:
    """What the job does that waits, so it waits no longer."""
    with house.write() as unit:
        unit.session.execute(delete(Job).where(Job.kind == "operations.deliver"))
    return operations.deliver(house, ME, endpoint)


def bring_forward(house: Runtime) -> None:
    """What waits for its time need not wait any longer."""
    with house.write() as unit:
        unit.session.execute(
            update(WebhookDelivery).where(WebhookDelivery.status == "pending").values(next_at=unit.now)
        )


def jobs_waiting(house: Runtime) -> list[Job]:
    with house.read() as unit:
        return unit.session.query(Job).filter_by(kind="operations.deliver", status="pending").all()


def test_an_event_is_sent_signed_to_those_who_want_it(house: Runtime, receiver: Receiver) -> None:
    _, secret = add(house, receiver, "change_set.held")
    with receiving() as other:
        add(house, other, "job.failed", name="other")
        with working(house):
            emit(house)
            until(lambda: len(receiver.got) == 1)
            until(lambda: deliveries(house)[0].status == "delivered")
        assert other.got == []

    (got,), (kept,) = receiver.got, deliveries(house)
    assert is_genuine(secret, got)
    assert not is_genuine("whsec_" + "A" * 44, got)
    assert got.json["type"] == "change_set.held"
    assert got.json["data"] == {"number": 0}
    assert dt.datetime.fromisoformat(got.json["timestamp"]).tzinfo is not None
    assert abs(int(got.headers["webhook-timestamp"]) - time.time()) < 60
    assert (got.id, got.headers["content-type"]) == (str(kept.id), "application/json")
    assert (kept.attempts, kept.last_status, kept.error) == (1, 204, None)
    assert kept.latency_ms is not None


def test_an_event_shares_the_fate_of_its_transaction(house: Runtime, receiver: Receiver) -> None:
    add(house, receiver)
    with pytest.raises(ZeroDivisionError), house.write(ME) as unit:
        operations.emit(unit, "job.failed", {})
        raise ZeroDivisionError

    assert deliveries(house) == []
    assert jobs_waiting(house) == []


def test_where_nobody_listens_nothing_is_written(house: Runtime) -> None:
    emit(house, count=3)

    assert deliveries(house) == []
    assert jobs_waiting(house) == []


def test_many_ids_come_in_pages(house: Runtime, receiver: Receiver) -> None:
    endpoint, _ = add(house, receiver)
    ids = [number.to_bytes(16, "big") for number in range(1_001)]
    with house.write(ME) as unit:
        operations.emit_ids(unit, "product.updated", {"change_set_id": None}, name="product_ids", ids=ids)
    send(house, endpoint)

    told = [each.json["data"] for each in receiver.got]
    assert [(each["page"], each["pages"], each["total"]) for each in told] == [(n, 3, 1_001) for n in (1, 2, 3)]
    assert [UUID(each).bytes for page in told for each in page["product_ids"]] == ids
    assert all(len(each.body) < 20_480 for each in receiver.got)


def test_what_fails_is_tried_again_by_the_schedule_under_the_same_id(house: Runtime, receiver: Receiver) -> None:
    endpoint, secret = add(house, receiver)
    receiver.status = 500
    emit(house)
    waits = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    for tries, wait in enumerate(waits, 1):
        bring_forward(house)
        assert send(house, endpoint).failed == 1
        (kept,) = deliveries(house)
        assert (kept.status, kept.attempts, kept.last_status) == ("pending", tries, 500)
        assert kept.next_at is not None
        told = dt.datetime.fromisoformat(kept.tries[-1]["at"])
        assert 0.9 * wait <= (kept.next_at - told).total_seconds() <= 1.1 * wait
    bring_forward(house)
    send(house, endpoint)

    (kept,) = deliveries(house)
    assert (kept.status, kept.attempts, kept.next_at, len(kept.tries)) == ("dead", 10, None, 10)
    assert {got.id for got in receiver.got} == {str(kept.id)}
    assert all(is_genuine(secret, got) for got in receiver.got)
    assert kept.error == "answered 500"


def test_a_receiver_that_asks_for_time_gets_it(house: Runtime, receiver: Receiver) -> None:
    endpoint, _ = add(house, receiver)
    receiver.faults = [says(429, Retry_After="120")]
    emit(house)
    send(house, endpoint)

    (kept,) = deliveries(house)
    assert kept.next_at is not None
    assert 119 <= (kept.next_at - dt.datetime.fromisoformat(kept.tries[0]["at"])).total_seconds() <= 121
    (waiting,) = jobs_waiting(house)
    assert waiting.run_after >= kept.next_at - dt.timedelta(seconds=1)


def test_one_that_is_gone_is_switched_off_with_all_that_waits(house: Runtime, receiver: Receiver) -> None:
    endpoint, _ = add(house, receiver)
    receiver.faults = [says(410, b"no more")]
    emit(house, count=3)
    send(house, endpoint)
    emit(house)

    assert len(receiver.got) == 1
    assert [each.status for each in deliveries(house)] == ["dead", "dead", "dead"]
    with house.read(ME) as unit:
        view = operations.get_endpoint(unit, "erp")
    assert (view.is_active, view.disabled_reason) == (False, "it answered 410 Gone: it wants no more")
    with house.write(ME) as unit, pytest.raises(Conflict, match="mercat webhook on erp"):
        operations.replay_dead(unit, "erp")


def test_one_that_fails_for_days_is_switched_off_and_says_so(house: Runtime, receiver: Receiver) -> None:
    endpoint, _ = add(house, receiver)
    receiver.status = 503
    emit(house)
    send(house, endpoint)
    with house.write() as unit:
        kept = unit.session.get(WebhookEndpoint, endpoint)
        assert kept is not None
        assert kept.is_active
        assert kept.failing_since is not None
        kept.failing_since -= dt.timedelta(days=5)
    bring_forward(house)
    with operations.keeping_logs(house):
        send(house, endpoint)

    with house.read(ME) as unit:
        assert (
            operations.get_endpoint(unit, "erp").disabled_reason == "nothing arrived for 5 days; at last answered 503"
        )
        assert [each.event for each in operations.list_logs(unit)] == ["webhook_endpoint_switched_off"]
    view = operations.change_endpoint(house, ME, "erp", is_active=True)
    assert (view.is_active, view.disabled_reason, view.failing_since) == (True, None, None)
    receiver.status = 200
    with house.write(ME) as unit:
        assert operations.replay_dead(unit, "erp") == 1
    send(house, endpoint)
    assert [each.status for each in deliveries(house)] == ["delivered"]


def test_a_success_ends_a_row_of_failures(house: Runtime, receiver: Receiver) -> None:
    endpoint, _ = add(house, receiver)
    receiver.faults = [says(500)]
    emit(house)
    send(house, endpoint)
    bring_forward(house)
    send(house, endpoint)

    with house.read(ME) as unit:
        view = operations.get_endpoint(unit, "erp")
    assert view.failing_since is None
    assert view.last_success_at is not None


def test_an_endpoint_that_only_fails_is_left_alone_for_a_while(house: Runtime, receiver: Receiver) -> None:
    endpoint, _ = add(house, receiver)
    receiver.status = 500
    emit(house, count=10)
    assert send(house, endpoint).failed == 3
    (waiting,) = jobs_waiting(house)
    with house.read() as unit:
        assert (waiting.run_after - unit.now).total_seconds() > 50

    receiver.status = 200
    assert send(house, endpoint).delivered == 7


def test_two_secrets_sign_while_one_takes_the_others_place(house: Runtime, receiver: Receiver) -> None:
    endpoint, old = add(house, receiver)
    new = operations.rotate_endpoint_secret(house, ME, "erp")
    emit(house)
    send(house, endpoint)
    with house.write() as unit:
        unit.session.execute(update(WebhookEndpoint).values(old_secret_until=unit.now))
    emit(house)
    send(house, endpoint)
    both, after = receiver.got

    assert (is_genuine(old, both), is_genuine(new, both)) == (True, True)
    assert (is_genuine(old, after), is_genuine(new, after)) == (False, True)
    assert new.startswith("whsec_")
    with house.engine.connect() as connection:
        tables = "".join(str(row) for row in connection.execute(text("SELECT * FROM webhook_endpoints")))
    assert old not in tables
    assert new not in tables


def test_secrets_survive_an_exchange_of_keys(house: Runtime, receiver: Receiver) -> None:
    endpoint, secret = add(house, receiver)
    with house.secrets.exchanging():
        assert operations.reseal(house, ME) == 1
    emit(house)
    send(house, endpoint)

    assert is_genuine(secret, receiver.got[0])


def test_a_test_event_says_what_came_of_it_and_is_not_tried_again(house: Runtime, receiver: Receiver) -> None:
    _, secret = add(house, receiver, "job.failed")
    receiver.faults = [says(200, b"x" * 5_000), says(302, b"", Location="http://127.0.0.1:1/")]
    good, led_away = operations.test_endpoint(house, ME, "erp"), operations.test_endpoint(house, ME, "erp")

    assert (good.status, good.last_status, good.answer) == ("delivered", 200, "x" * 1024)
    assert (led_away.status, led_away.last_status, led_away.error) == ("dead", 302, "answered 302")
    assert all(is_genuine(secret, got) for got in receiver.got)
    assert receiver.got[0].json["type"] == "webhook.test"
    assert jobs_waiting(house) == []


def test_a_receiver_that_repeats_the_secret_does_not_get_it_into_our_tables(house: Runtime, receiver: Receiver) -> None:
    _, secret = add(house, receiver)
    receiver.faults = [says(500, f"your key is {secret}, is it not".encode())]
    tried = operations.test_endpoint(house, ME, "erp")

    assert tried.answer == "your key is ***, is it not"
    with house.engine.connect() as connection:
        for name in ("webhook_deliveries", "webhook_endpoints", "system_logs"):
            assert secret not in str(connection.execute(text(f"SELECT * FROM {name}")).all())


def test_a_receiver_that_drips_is_not_waited_for(house: Runtime, receiver: Receiver) -> None:
    def drip(handler: Handler) -> None:
        for _ in range(200):
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n" if not _ else b"X-A: b\r\n")
            handler.wfile.flush()
            threading.Event().wait(0.1)

    add(house, receiver)
    with house.write(ME) as unit:
        operations.set_configuration(unit, house.secrets, "webhooks.timeout_s", "1")
    receiver.faults = [drip]
    started = time.monotonic()
    tried = operations.test_endpoint(house, ME, "erp")

    assert tried.status == "dead"
    assert "did not answer in time" in (tried.error or "")
    assert time.monotonic() - started < 10


def test_a_delivery_is_replayed_under_its_old_id(house: Runtime, receiver: Receiver) -> None:
    endpoint, _ = add(house, receiver)
    emit(house)
    send(house, endpoint)
    (kept,) = deliveries(house)
    with house.write(ME) as unit:
        operations.replay(unit, str(kept.id)[-8:])
    send(house, endpoint)

    assert receiver.got[0].id == receiver.got[1].id
    assert receiver.got[0].body == receiver.got[1].body
    assert len(deliveries(house)) == 1


def test_while_paused_nothing_is_sent_and_nothing_is_lost(house: Runtime, receiver: Receiver) -> None:
    endpoint, _ = add(house, receiver)
    with house.write(ME) as unit:
        operations.set_configuration(unit, house.secrets, "webhooks.paused", "true")
    emit(house)
    assert send(house, endpoint).is_paused
    assert receiver.got == []
    assert len(jobs_waiting(house)) == 1
    with house.write(ME) as unit:
        operations.set_configuration(unit, house.secrets, "webhooks.paused", None)
    send(house, endpoint)
    assert len(receiver.got) == 1


def test_a_job_that_is_given_up_is_told(house: Runtime, receiver: Receiver) -> None:
    add(house, receiver, "job.failed")
    with house.write(ME) as unit:
        job_id = unit.enqueue(Stumble(), subject=("store", "7"))
    with working(house):
        ended(house, job_id)
        until(lambda: len(receiver.got) == 1)

    assert receiver.got[0].json["data"] == {
        "job_id": str(job_id),
        "kind": "testing.stumble",
        "error": "it cannot be done",
        "subject": {"type": "store", "id": "7"},
    }
