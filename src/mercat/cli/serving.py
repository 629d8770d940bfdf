"""The server's processes: where they listen, how many there are, and how they end together with the worker."""

from __future__ import annotations

import multiprocessing
import os
import resource
import socket
import sys
import threading
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.supervisors import Multiprocess

from mercat.core.errors import Conflict

if TYPE_CHECKING:
    from mercat.core.jobs.worker import Worker

# By name: doors do not know each other, and only ``main`` knows them all.
_APP = "mercat.main:make_app"
_CONNECTION = "mercat.api.connections:Connection"
_WAITING_TO_BE_LET_IN = 2_048
# Requests in hand have so long to be answered, and then the process ends, whatever hangs.
_ANSWER_WITHIN_S = 8
_END_WITHIN_S = 9.8
# A process that says nothing for so long is replaced; while it starts on a busy machine it may be silent for some seconds.
_SILENT_WITHIN_S = 60
FEW_FILES = 4_096


def raise_file_limit() -> int:
    """Have as many files open as the system allows: each connection is one. Answers how many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard not in {soft, resource.RLIM_INFINITY}:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 is a free one. Raises ``Conflict``."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=_WAITING_TO_BE_LET_IN)
    except OSError as failed:
        message = f"cannot listen at {host}:{port}: {failed.strerror or failed}; --host and --port name another place"
        raise Conflict(message) from None
    # Connections inherit it. Without it a body waits 40 ms for the client to say that it has the headers.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def run(listening: socket.socket, worker: Worker | None, *, processes: int, trusted_proxies: str) -> None:
    """Answer until SIGTERM or Ctrl-C. The worker is asked to end at the same moment as the server."""
    config = uvicorn.Config(
        _APP,
        factory=True,
        http=_CONNECTION,
        ws="none",
        # Below an error it tells of clients that speak no HTTP, a line for each: there may be thousands.
        log_level="error",
        access_log=False,
        server_header=False,
        workers=processes,
        backlog=_WAITING_TO_BE_LET_IN,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies,
        timeout_graceful_shutdown=_ANSWER_WITHIN_S,
        timeout_worker_healthcheck=_SILENT_WITHIN_S,
    )
    ending = _Ending(worker)
    try:
        if worker is not None:
            worker.start()
        if processes > 1:
            _Processes(config, listening, ending).run()
        else:
            _Server(config, ending).run(sockets=[listening])
    finally:
        ending.wait()


class _Ending:
    """From the first signal on the time runs, and the worker puts back what it has in hand while requests are answered."""

    def __init__(self, worker: Worker | None) -> None:
        self._worker = worker
        self._stopping: threading.Thread | None = None

    def begin(self) -> None:
        if self._stopping is not None:
            return
        self._stopping = threading.Thread(target=self._stop, name="mercat-ending", daemon=True)
        self._stopping.start()
        last = threading.Timer(_END_WITHIN_S, _end_at_once)
        last.daemon = True
        last.start()

    def wait(self) -> None:
        self.begin()
        if self._stopping is not None:
            self._stopping.join()

    def _stop(self) -> None:
        if self._worker is not None:
            self._worker.stop()


def _end_at_once() -> None:
    for each in multiprocessing.active_children():
        each.kill()
    os._exit(0)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ending: _Ending) -> None:
        super().__init__(config)
        self._ending = ending

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._ending.begin()


class _Processes(Multiprocess):
    def __init__(self, config: uvicorn.Config, listening: socket.socket, ending: _Ending) -> None:
        super().__init__(config, sockets=[listening])
        self._ending = ending

    def terminate_all(self) -> None:
        self._ending.begin()
        super().terminate_all()
