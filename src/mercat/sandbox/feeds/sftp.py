"""An SFTP server on loopback."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncssh

from mercat.sandbox.feeds import Login

_OPENS_WITHIN_S = 10


class Door(asyncssh.SSHServer):
    """Lets one user in by password; keys are the server's affair."""

    def __init__(self, visits: list[asyncssh.SSHServerConnection], login: Login) -> None:
        self._visits = visits
        self._login = login

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Remember who came, so that the server can close on them."""
        self._visits.append(conn)

    def password_auth_supported(self) -> bool:
        """They are."""
        return True

    def validate_password(self, username: str, password: str) -> bool:
        """The one login."""
        return (username, password) == (self._login.username, self._login.password)


@contextmanager
def sftp_serving(
    root: Path,
    key: asyncssh.SSHKey,
    *,
    door: type[Door] = Door,
    port: int = 0,
    login: Login | None = None,
    **manners: Any,
) -> Iterator[int]:
    """Serve ``root`` under the host key and give the port. Raises OSError where the port is taken."""
    ports: list[int] = []
    visits: list[asyncssh.SSHServerConnection] = []
    failed: list[OSError] = []
    ready = threading.Event()
    ends: list[Callable[[], object]] = []

    async def serve() -> None:
        try:
            acceptor = await asyncssh.listen(
                "127.0.0.1",
                port,
                server_factory=lambda: door(visits, login or Login()),
                server_host_keys=[key],
                sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=os.fsencode(root)),
                **manners,
            )
        except OSError as taken:
            failed.append(taken)
            ready.set()
            return
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        ends.append(lambda: loop.call_soon_threadsafe(over.set))
        ports.append(acceptor.get_port())
        ready.set()
        await over.wait()
        acceptor.close()
        await acceptor.wait_closed()
        for visit in visits:
            visit.abort()
            await visit.wait_closed()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    if not ready.wait(_OPENS_WITHIN_S):
        raise TimeoutError("the SFTP server did not open")
    if failed:
        raise failed[0]
    try:
        yield ports[0]
    finally:
        ends[0]()
        thread.join(5)
