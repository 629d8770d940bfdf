"""The demo goes on in the browser: a third price list waits there for whoever signs in."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from mercat.cli.display import say
from mercat.cli.options import files_at
from mercat.cli.session import me
from mercat.core.settings import environment_with
from mercat.core.unit import Runtime
from mercat.domain.access import service as access
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
    return password


def become_the_server(home: Path, password: str, port: int) -> None:
    """Serve the demo's catalogue, in place of this process."""
    say("")
    say(f"Wednesday's price list waits for you. Open http://127.0.0.1:{port} and sign in:", style="bold")
    say(f"  user name {_NAME}, password {password}")
    command = str(Path(sys.executable).with_name("mercat"))
    sys.stdout.flush()
    os.execve(command, [command, "serve", "--port", str(port)], environment_with(home=str(home), database_url=""))  # noqa: S606  # ourselves, on settings of our own
