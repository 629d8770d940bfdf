"""E-mail: what waits for a user is sent, one by one or as a digest, tried again where it fails, and every try written down."""

from __future__ import annotations

import datetime as dt
import random
import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID

from mercat.core.actor import Actor
from mercat.core.border import refuse_open_unit
from mercat.core.clock import now
from mercat.core.errors import Conflict
from mercat.core.log import get_logger
from mercat.core.redaction import scrub
from mercat.core.unit import ReadUnit, Runtime, WriteUnit
from mercat.domain.access import service as access
from mercat.domain.access.schemas import Recipient
from mercat.domain.alerts.configurable import (
    ADDRESS,
    MAIL_PAUSED,
    SMTP_FROM,
    SMTP_HOST,
    SMTP_PASSWORD,
    SMTP_PORT,
    SMTP_SECURITY,
    SMTP_TIMEOUT,
    SMTP_USER,
)
from mercat.domain.alerts.models import FAILED, SENT, Notification
from mercat.domain.alerts.notification_repository import NotificationRepository
from mercat.domain.alerts.notifying import put_mail
from mercat.domain.operations import service as operations

log = get_logger(__name__)
_AT_ONCE = 200
_LOOK_AGAIN = dt.timedelta(minutes=5)
_PERMANENT = 500


@dataclass(frozen=True)
class MailServer:
    """Where e-mail is handed in."""

    host: str
    port: int
    security: str
    sender: str
    timeout_s: int
    username: str | None = None
    password: str | None = None
    address: str | None = None


@dataclass(frozen=True)
class MailTally:
    """What a run came to: notifications that were sent (in how many e-mails), and that were not."""

    sent: int = 0
    mails: int = 0
    failed: int = 0


def send_due(runtime: Runtime, actor: Actor, user_id: UUID, *, check: Callable[[], None] = lambda: None) -> MailTally:
    """Send a user all that is due, as one e-mail if it is more than one. At least once, under one Message-ID."""
    check()
    with runtime.read(actor) as unit:
        user = access.find_recipient(unit, user_id)
        server = server_of(unit, runtime)
        is_paused = operations.value_of(unit, MAIL_PAUSED)
        due = [] if is_paused else NotificationRepository(unit.session).due(user_id, unit.now, most=_AT_ONCE)
    tally = MailTally()
    if due:
        error, is_final = _try(server, user, due)
        runtime.attempt(lambda unit: _record(unit, [each.id for each in due], error, is_final=is_final), actor)
        tally = MailTally(len(due), 1) if error is None else MailTally(failed=len(due))
    if user is not None:
        runtime.attempt(lambda unit: _put_next(unit, user, is_paused=is_paused), actor)
    return tally


def send_test(runtime: Runtime, actor: Actor, to: str) -> None:
    """Send a test e-mail now. Raises ``Conflict``, which says what the server said."""
    actor.require("alerts.rules")
    with runtime.read(actor) as unit:
        server = server_of(unit, runtime)
    if server is None:
        message = "no server takes e-mail: `mercat config set smtp.host HOST` and `smtp.from ADDRESS` first"
        raise Conflict(message)
    mail = _mail(server, to, "Mercat can send you e-mail", f"This is a test that {actor.name} asked for.\n")
    try:
        _send(server, mail)
    except (OSError, smtplib.SMTPException) as failed:
        message = f"{server.host}:{server.port} did not take it: {_reason(failed)}"
        raise Conflict(message) from failed


def server_of(unit: ReadUnit, runtime: Runtime) -> MailServer | None:
    """The server, where host and sender are set."""
    host, sender = operations.value_of(unit, SMTP_HOST), operations.value_of(unit, SMTP_FROM)
    if host is None or sender is None:
        return None
    return MailServer(
        host=host,
        port=operations.value_of(unit, SMTP_PORT),
        security=operations.value_of(unit, SMTP_SECURITY),
        sender=sender,
        timeout_s=operations.value_of(unit, SMTP_TIMEOUT),
        username=operations.value_of(unit, SMTP_USER),
        password=operations.secret_of(unit, runtime.secrets, SMTP_PASSWORD),
        address=operations.value_of(unit, ADDRESS),
    )


def _try(server: MailServer | None, user: Recipient | None, due: Sequence[Notification]) -> tuple[str | None, bool]:
    """(what went wrong, whether trying again is of no use)."""
    if user is None:
        return "the account is closed", True
    if server is None:
        return "no server takes e-mail: set smtp.host and smtp.from", False
    try:
        _send(server, _composed(server, user, due))
    except smtplib.SMTPRecipientsRefused as refused:
        codes = [code for code, _ in refused.recipients.values()]
        return _reason(refused), all(code >= _PERMANENT for code in codes)
    except (OSError, smtplib.SMTPException) as failed:
        return _reason(failed), False
    return None, False


def _send(server: MailServer, mail: EmailMessage) -> None:
    refuse_open_unit()
    secure = ssl.create_default_context()
    where = (server.host, server.port)
    if server.security == "tls":
        door: smtplib.SMTP = smtplib.SMTP_SSL(*where, timeout=server.timeout_s, context=secure)
    else:
        door = smtplib.SMTP(*where, timeout=server.timeout_s)
    with door:
        if server.security == "starttls":
            door.starttls(context=secure)
        if server.username is not None:
            door.login(server.username, server.password or "")
        door.send_message(mail)


def _composed(server: MailServer, user: Recipient, due: Sequence[Notification]) -> EmailMessage:
    if len(due) == 1:
        subject, body = due[0].title, f"{due[0].message}\n{_link(server, due[0])}"
    else:
        subject = f"{len(due)} alerts: {due[0].title}"
        body = "\n".join(f"* {each.title}\n  {each.message}\n{_link(server, each)}" for each in due)
    foot = f"\n-- \nMercat tells {user.username} of this; your settings say of what, when and how.\n"
    mail = _mail(server, user.email, subject, body + foot)
    # The same for every try: a receiver that had it can tell.
    mail["Message-ID"] = f"<{due[0].id}@{server.sender.partition('@')[2]}>"
    return mail


def _mail(server: MailServer, to: str, subject: str, body: str) -> EmailMessage:
    mail = EmailMessage()
    # Titles hold what files say: a line break in one would begin a header of its own.
    mail["Subject"] = " ".join(subject.split())[:200]
    mail["From"], mail["To"] = server.sender, to
    mail["Date"] = format_datetime(now())
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's vacation notice answers it
    mail.set_content(body)
    return mail


def _link(server: MailServer, each: Notification) -> str:
    return f"  {server.address}{each.action_url}\n" if server.address and each.action_url else ""


def _reason(failed: Exception) -> str:
    return scrub(f"{type(failed).__name__}: {failed}")[:1000]


def _record(unit: WriteUnit, ids: Sequence[UUID], error: str | None, *, is_final: bool) -> None:
    for each in NotificationRepository(unit.session).of_ids(ids):
        each.attempts += 1
        each.tries = [*each.tries, {"at": unit.now.isoformat(), "error": error}]
        each.error = error
        wait_s = None if is_final else operations.wait_after(each.attempts, None, random.SystemRandom())
        if error is None:
            each.status, each.sent_at, each.next_at = SENT, unit.now, None
        elif wait_s is None:
            each.status, each.next_at = FAILED, None
            log.warning("mail_given_up", notification_id=str(each.id), reason=error)
        else:
            each.next_at = unit.now + dt.timedelta(seconds=wait_s)
    unit.save()


def _put_next(unit: WriteUnit, user: Recipient, *, is_paused: bool) -> None:
    """What failed, or was put off, is due later; while all of it is paused, nobody looks every moment."""
    due = NotificationRepository(unit.session).next_due(user.id)
    if due is not None:
        put_mail(unit, user, max(due, unit.now + _LOOK_AGAIN) if is_paused else due)
