"""An FTP server on loopback, plain or over TLS. It needs pyftpdlib, which the extra ``mercat[sandbox]`` brings."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    # Up to Python 3.11 the server stands on asyncore, which says at import that it will be gone in 3.12.
    warnings.simplefilter("ignore", DeprecationWarning)
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
    from pyftpdlib.ioloop import IOLoop
    from pyftpdlib.servers import FTPServer

from mercat.sandbox.feeds import Login

logging.getLogger("pyftpdlib").setLevel("CRITICAL")


def without(*commands: str) -> dict[str, object]:
    """Manners of a server that does not know these commands."""
    return {"proto_cmds": {name: facts for name, facts in FTPHandler.proto_cmds.items() if name not in commands}}


class ImplicitTls(TLS_FTPHandler):  # type: ignore[misc]  # pyftpdlib is not typed
    """TLS from the first byte on, before the greeting."""

    def handle(self) -> None:
        """Shake hands before saying anything."""
        self.secure_connection(self.get_ssl_context())

    def handle_ssl_established(self) -> None:
        """Only now greet."""
        TLS_FTPHandler.handle(self)


@contextmanager
def ftp_serving(
    root: Path,
    *,
    tls: Path | None = None,
    implicit: bool = False,
    port: int = 0,
    login: Login | None = None,
    most: int = 50,
    **manners: object,
) -> Iterator[int]:
    """Serve ``root`` and give the port. ``tls`` is a PEM file of key and certificate; TLS is then demanded."""
    login = login or Login()
    authorizer = DummyAuthorizer()
    authorizer.add_user(login.username, login.password, str(root), perm="elr")
    kind = ImplicitTls if implicit else TLS_FTPHandler if tls else FTPHandler
    handler: Any = type("Bound", (kind,), {"authorizer": authorizer, "unicode_errors": "surrogateescape", **manners})
    if tls:
        handler.certfile = str(tls)
        handler.tls_control_required = handler.tls_data_required = not implicit
        handler.ssl_context = None
    loop = IOLoop()
    server = FTPServer(("127.0.0.1", port), handler, ioloop=loop)
    server.max_cons = most
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            loop.loop(timeout=0.02, blocking=False)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield server.socket.getsockname()[1]
    finally:
        stop.set()
        thread.join(5)
        server.close_all()
