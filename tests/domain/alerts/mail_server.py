"""A mail server on loopback that keeps what it is given, and can be told to refuse."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult


@dataclass
class Office:
    """``answers`` are given first, one a recipient; afterwards everything is taken."""

    port: int = 0
    answers: list[str] = field(default_factory=list)
    got: list[EmailMessage] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802  # aiosmtpd's name
        if self.answers:
            return self.answers.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's name
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.got.append(mail)
        return "250 taken"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        self.signed_in.append(f"{data.login.decode()}:{data.password.decode()}")
        return AuthResult(success=data.password == b"s3cret")


@contextmanager
def post_office(*, wants_sign_in: bool = False) -> Iterator[Office]:
    """A server on a free port."""
    office, loop, is_up = Office(), asyncio.new_event_loop(), threading.Event()

    def session() -> SMTP:
        how: dict[str, Any] = {"auth_require_tls": False, "authenticator": office.authenticate}
        return SMTP(office, loop=loop, **(how if wants_sign_in else {}))

    def run() -> None:
        asyncio.set_event_loop(loop)
        server = loop.run_until_complete(loop.create_server(session, "127.0.0.1", 0))
        office.port = server.sockets[0].getsockname()[1]
        is_up.set()
        loop.run_forever()
        server.close()
        loop.run_until_complete(server.wait_closed())
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert is_up.wait(10)
    try:
        yield office
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
