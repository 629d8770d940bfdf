"""The demo goes on in the browser: a third price list waits there for whoever signs in."""

from __future__ import annotations

import secrets
import signal
import subprocess
import sys
from pathlib import Path

from mercat.cli.display import say
from mercat.cli.options import files_at
from mercat.cli.session import me
from mercat.core.settings import environment_with
from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from mercat.domain.listings import service as listings
from mercat.domain.suppliers import service as suppliers
from mercat.sandbox.office import write_feed

_NAME = "demo"


def leave_something_to_do(runtime: Runtime, home: Path) -> str:
    """Make a user, and import a price list that is held; the user's password."""
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    draft = access.UserDraft(_NAME, "demo@mercat.example", access.ADMIN, password=password)
    access.set_up(runtime, draft)
    path = home / "office-wednesday.csv"
    write_feed(path, edition=2)
    with path.open("ab") as out:
        # The same as Tuesday's but for its end: it is not the file that was looked at already.
        out.write(b"\n")
    suppliers.run_import(runtime, me(), suppliers.ImportRequest(files_at(path), supplier="office", complete=True))
    with runtime.write(me()) as unit:
        for store in listings.list_stores(unit):
            listings.set_selling(unit, store.name, {"auto_publish": True})
    return password


def serve_until_stopped(home: Path, password: str, port: int) -> None:
    """Serve the demo's catalogue in a process of its own, until somebody stops it; this one holds the shop open meanwhile."""
    say("")
    say(f"Wednesday's price list waits for you. Open http://127.0.0.1:{port} and sign in:", style="bold")
    say(f"  user name {_NAME}, password {password}")
    say("What you apply there goes to the shop by itself, which is open until Ctrl-C.")
    sys.stdout.flush()
    command = [str(Path(sys.executable).with_name("mercat")), "serve", "--port", str(port)]
    server = subprocess.Popen(command, env=environment_with(home=str(home), database_url=""))  # noqa: S603  # ourselves
    # Ctrl-C reaches both; the server ends in good order, and then so do we.
    before = [
        signal.signal(signal.SIGINT, signal.SIG_IGN),
        signal.signal(signal.SIGTERM, lambda *_: server.terminate()),
    ]
    try:
        code = server.wait()
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])
    if code > 0:
        raise SystemExit(code)
