"""``mercat sandbox ftp | ftps | sftp | s3``: a folder on loopback, to try feeds on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from mercat.cli.display import say
from mercat.cli.session import JsonOption, print_json
from mercat.core.errors import Invalid

FolderOption = Annotated[
    Path, typer.Option("--folder", exists=True, file_okay=False, help="The folder whose files are served.")
]
PortOption = Annotated[int, typer.Option("--port", min=0, max=65_535, help="Where to listen; 0 takes a free port.")]
BUCKET = "feeds"


def ftp(*, folder: FolderOption, port: PortOption = 0, as_json: JsonOption = False) -> None:
    """A folder by FTP, until you stop it."""
    _need_pyftpdlib()
    from mercat.sandbox.feeds.ftp import ftp_serving

    _serve("ftp", ftp_serving(folder, port=port), as_json=as_json)


def ftps(*, folder: FolderOption, port: PortOption = 0, as_json: JsonOption = False) -> None:
    """A folder by FTP over TLS (explicit), under a certificate made for this run."""
    _need_pyftpdlib()
    from mercat.sandbox.feeds.certificates import write_certificate
    from mercat.sandbox.feeds.ftp import ftp_serving

    with TemporaryDirectory() as made:
        pem = write_certificate(Path(made) / "own.pem")
        _serve("ftps", ftp_serving(folder, port=port, tls=pem), as_json=as_json, certificate=str(pem))


def sftp(*, folder: FolderOption, port: PortOption = 0, as_json: JsonOption = False) -> None:
    """A folder by SFTP, under a host key made for this run."""
    import asyncssh

    from mercat.sandbox.feeds.sftp import sftp_serving

    key = asyncssh.generate_private_key("ssh-ed25519")
    _serve("sftp", sftp_serving(folder, key, port=port), as_json=as_json, host_fingerprint=key.get_fingerprint())


def s3(*, folder: FolderOption, port: PortOption = 0, as_json: JsonOption = False) -> None:
    """A folder as a bucket of an S3-compatible store."""
    from mercat.sandbox.feeds.s3 import Folder, s3_serving

    _serve("s3", s3_serving(Folder(folder), bucket=BUCKET, port=port), as_json=as_json)


def _need_pyftpdlib() -> None:
    if find_spec("pyftpdlib") is None:
        raise Invalid("the FTP server needs pyftpdlib: install mercat[sandbox]")


def _serve(kind: str, serving: AbstractContextManager[int], *, as_json: bool, **facts: str) -> None:
    """Announce where the folder is, and wait to be stopped."""
    from mercat.sandbox.feeds import Login

    login = Login()
    with _stopped() as stop, serving as port:
        place = f"s3://{BUCKET}/" if kind == "s3" else f"{kind}://127.0.0.1:{port}/"
        known: dict[str, Any] = {
            "service": kind,
            "url": place,
            "port": port,
            "username": login.username,
            "password": login.password,
            **({"endpoint": f"http://127.0.0.1:{port}"} if kind == "s3" else {}),
            **facts,
        }
        if as_json:
            print_json(known)
        else:
            say(f"The folder is at {place}; Ctrl-C closes it.")
            for name, value in known.items():
                if name not in {"service", "url", "port"}:
                    say(f"  {name.replace('_', ' ')}: {value}")
        stop.wait()


@contextmanager
def _stopped() -> Iterator[threading.Event]:
    """Set by SIGINT and SIGTERM; what they did before is put back."""
    stop = threading.Event()
    kept = {each: signal.signal(each, lambda *_: stop.set()) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for each, handler in kept.items():
            signal.signal(each, handler)
