"""E-mail to a real server: sent once, gathered, put off, tried again, and given up."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from mercat.core.actor import Actor
from mercat.core.errors import Conflict
from mercat.core.jobs.models import Job
from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from mercat.domain.alerts import mailing
from mercat.domain.alerts import service as alerts
from mercat.domain.alerts.models import Notification
from mercat.domain.operations import service as operations
from tests.domain.alerts.mail_server import Office, post_office
from tests.domain.alerts.signals import ME, give, moved, person, state, told
from tests.domain.operations.receiver import receiving


@pytest.fixture
def office() -> Iterator[Office]:
    with post_office() as made:
        yield made


def configure(runtime: Runtime, office: Office, **more: str) -> None:
    values = {"smtp.host": "127.0.0.1", "smtp.port": str(office.port), "smtp.security": "none",
              "smtp.from": "mercat@shop.example", "app.address": "https://hub.example.com", **more}  # fmt: skip
    with runtime.write(ME) as unit:
        for key, value in values.items():
            operations.set_configuration(unit, runtime.secrets, key, value)


def send(runtime: Runtime, user: access.UserView) -> mailing.MailTally:
    return mailing.send_due(runtime, ME, user.id)


def age(runtime: Runtime, **more: Any) -> None:
    """What waits is due now."""
    with runtime.write(ME) as unit:
        for each in unit.session.scalars(select(Notification).filter_by(channel="email", status="pending", **more)):
            each.next_at = unit.now - dt.timedelta(minutes=1)


def test_an_alert_is_mailed_once_and_several_are_one_mail(runtime: Runtime, office: Office):
    configure(runtime, office)
    vera = person(runtime)
    give(runtime, state("out_of_stock", message="Order\nmore.", action_url="/market/1"))
    with runtime.read(ME) as unit:
        [job] = unit.session.scalars(select(Job).where(Job.kind == "alerts.send_mail"))
        assert (job.subject_type, job.subject_id) == ("user", str(vera.id))

    assert send(runtime, vera) == mailing.MailTally(1, 1)
    assert send(runtime, vera) == mailing.MailTally()
    [mail] = office.got
    assert (mail["To"], mail["From"]) == ("vera@example.com", "mercat@shop.example")
    assert mail["Subject"] == "out_of_stock of B00"
    body = mail.get_content()
    assert "Order" in body
    assert "https://hub.example.com/market/1" in body

    give(runtime, *(state("out_of_stock", item=f"C{n}") for n in range(3)))
    assert send(runtime, vera) == mailing.MailTally(3, 1)
    assert office.got[1]["Subject"].startswith("3 alerts: ")
    assert {each.status for each in told(runtime, channel="email")} == {"sent"}


def test_what_is_not_urgent_waits_for_the_digest(runtime: Runtime, office: Office):
    """D4, check 15: the digest changes when mail is sent."""
    configure(runtime, office)
    vera = person(runtime, digest="daily", timezone="Europe/Berlin")
    give(runtime, moved(12, item="A"), moved(13, item="B"))
    assert send(runtime, vera) == mailing.MailTally()
    [due] = {each.next_at for each in told(runtime, channel="email")}
    assert due.hour in {6, 7}
    give(runtime, state("out_of_stock"))
    assert send(runtime, vera) == mailing.MailTally(1, 1)
    age(runtime)
    assert send(runtime, vera) == mailing.MailTally(2, 1)


def test_a_server_that_fails_is_tried_again_and_every_try_is_written_down(runtime: Runtime, office: Office):
    configure(runtime, office)
    vera = person(runtime)
    give(runtime, state("out_of_stock"))
    office.answers = ["451 come back later"]
    assert send(runtime, vera).failed == 1
    [waits] = told(runtime, channel="email")
    assert (waits.status, waits.attempts, len(waits.tries)) == ("pending", 1, 1)
    assert "451" in waits.error
    with runtime.read(ME) as unit:
        assert waits.next_at > unit.now
    age(runtime)
    assert send(runtime, vera).sent == 1
    [sent] = told(runtime, channel="email")
    assert (sent.status, sent.error, [each["error"] is None for each in sent.tries]) == ("sent", None, [False, True])

    give(runtime, state("out_of_stock", item="B01"))
    office.answers = ["550 no such user"]
    assert send(runtime, vera).failed == 1
    assert [each.status for each in told(runtime, channel="email")] == ["sent", "failed"]


def test_a_title_begins_no_header_of_its_own(sqlite_runtime: Runtime, office: Office):
    configure(sqlite_runtime, office)
    vera = person(sqlite_runtime)
    subject = alerts.Subject("market_product", "B00")
    give(sqlite_runtime, alerts.Signal("out_of_stock", subject, "gone\r\nBcc: mallory@example.com", "x"))
    assert send(sqlite_runtime, vera).sent == 1
    assert (office.got[0]["Subject"], office.got[0]["Bcc"]) == ("gone Bcc: mallory@example.com", None)


def test_a_closed_account_and_a_pause_send_nothing(sqlite_runtime: Runtime, office: Office):
    configure(sqlite_runtime, office, **{"smtp.paused": "true"})
    vera = person(sqlite_runtime)
    give(sqlite_runtime, state("out_of_stock"))
    assert send(sqlite_runtime, vera) == mailing.MailTally()
    configure(sqlite_runtime, office, **{"smtp.paused": "false"})
    access.disable(sqlite_runtime, ME, vera.username)
    assert send(sqlite_runtime, vera).failed == 1
    assert [each.status for each in told(sqlite_runtime, channel="email")] == ["failed"]
    assert office.got == []


def test_without_a_server_no_mail_is_written_and_a_test_says_so(sqlite_runtime: Runtime):
    person(sqlite_runtime)
    give(sqlite_runtime, state("out_of_stock"))
    assert [each.channel for each in told(sqlite_runtime)] == ["in_app"]
    with pytest.raises(Conflict, match=r"smtp\.host"):
        alerts.send_test(sqlite_runtime, ME, "ann@example.com")


def test_the_password_is_kept_sealed_and_used(sqlite_runtime: Runtime):
    with post_office(wants_sign_in=True) as office:
        configure(sqlite_runtime, office, **{"smtp.username": "mercat", "smtp.password": "s3cret"})
        alerts.send_test(sqlite_runtime, ME, "ann@example.com")
        assert office.signed_in == ["mercat:s3cret"]
        configure(sqlite_runtime, office, **{"smtp.password": "wrong-one"})
        with pytest.raises(Conflict, match="did not take it") as refused:
            alerts.send_test(sqlite_runtime, ME, "ann@example.com")
        assert "wrong-one" not in refused.value.message
    with sqlite_runtime.read(ME) as unit:
        kept = unit.session.connection().exec_driver_sql("SELECT value FROM configurations").fetchall()
    assert not any("s3cret" in str(row) or "wrong-one" in str(row) for row in kept)


def test_preferences_decide_by_what_one_is_told(runtime: Runtime, office: Office):
    """D4, check 15: notification preferences change who is told by what."""
    configure(runtime, office)
    mute = person(runtime, "mute", notification_preferences={"out_of_stock": []})
    app = person(runtime, "app", notification_preferences={"*": ["in_app"]})
    hook = person(runtime, "hook", notification_preferences={"out_of_stock": ["webhook"]})
    give(runtime, state("out_of_stock"))
    assert told(runtime, user_id=mute.id) == []
    assert [each.channel for each in told(runtime, user_id=app.id)] == ["in_app"]
    [nobody_listens] = told(runtime, user_id=hook.id)
    assert (nobody_listens.status, "mercat webhook add" in nobody_listens.error) == ("failed", True)


def test_a_webhook_is_told_signed_of_alerts_and_of_users_who_chose_it(sqlite_runtime: Runtime):
    house = Runtime(replace(sqlite_runtime.settings, http_allow_private=True))
    with receiving() as receiver:
        draft = operations.EndpointDraft("erp", receiver.url, ("alert.raised", "alert.resolved", "notification.made"))
        endpoint, _ = operations.add_endpoint(house, ME, draft)
        hook = person(house, "hook", notification_preferences={"*": ["webhook"]})
        give(house, state("out_of_stock"))
        give(house, state("out_of_stock", on=False))
        operations.deliver(house, ME, endpoint.id)
        events = [each.json["type"] for each in receiver.got]
        assert sorted(events) == ["alert.raised", "alert.resolved", "notification.made"]
        raised = next(each.json for each in receiver.got if each.json["type"] == "alert.raised")
        assert raised["data"]["alerts"][0]["type"] == "out_of_stock"
    assert [each.status for each in told(house, user_id=hook.id)] == ["sent"]
    house.close()


def test_one_reads_ones_own_notifications(runtime: Runtime):
    vera, bob = person(runtime), person(runtime, "bob")
    give(runtime, state("out_of_stock"), state("out_of_stock", item="B01"))
    as_vera = Actor("user", "vera", access.ROLES["viewer"], id=vera.id)
    of_bob = told(runtime, user_id=bob.id)[0].id
    with runtime.write(as_vera) as unit:
        assert alerts.unread_count(unit) == 2
        assert alerts.mark_read(unit, [of_bob]) == 0
        assert alerts.mark_read(unit) == 2
        assert alerts.unread_count(unit) == 0
    assert {each.status for each in told(runtime, user_id=bob.id)} == {"unread"}
