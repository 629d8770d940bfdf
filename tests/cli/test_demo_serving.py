"""What ``mercat demo --serve`` leaves for whoever opens the dashboard, and how it ends."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

from mercat.cli.demo_serving import leave_something_to_do
from mercat.cli.options import files_at
from mercat.core.actor import Actor
from mercat.core.unit import Runtime
from mercat.domain import register_hearing, register_jobs
from mercat.domain.access import service as access
from mercat.domain.catalog import service as catalog
from mercat.domain.suppliers import service as suppliers
from mercat.sandbox.office import write_feed


def test_somebody_can_sign_in_and_a_price_list_waits(sqlite_runtime: Runtime):
    register_hearing()
    register_jobs()
    home = sqlite_runtime.settings.home
    monday = home / "office-monday.csv"
    write_feed(monday, edition=1)
    request = suppliers.ImportRequest(files_at(monday), supplier="office", complete=True)
    suppliers.run_import(sqlite_runtime, Actor("user", "root", via="terminal"), request)

    password = leave_something_to_do(sqlite_runtime, home)

    assert access.sign_in_browser(sqlite_runtime, "demo", password).secret
    with sqlite_runtime.read() as unit:
        [held] = catalog.list_sets(unit, status="held").data
    assert {each["rule"] for each in held.findings} >= {"price_change", "archive_share"}


def test_the_server_ends_with_the_demo(sqlite_runtime: Runtime):
    home = str(sqlite_runtime.settings.home)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    call = f"from pathlib import Path; from mercat.cli.demo_serving import serve_until_stopped as s; s(Path({home!r}), 'x', {port})"
    demo = subprocess.Popen([sys.executable, "-c", call], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert demo.stderr is not None
    assert "no user yet" in demo.stderr.readline()
    assert f"listens at http://127.0.0.1:{port}" in demo.stderr.readline()

    demo.send_signal(signal.SIGTERM)
    out, _ = demo.communicate(timeout=20)

    assert "password x" in out
    # Whoever waits for the server has waited for its end.
    assert demo.returncode == 0
    with socket.socket() as asking:
        assert asking.connect_ex(("127.0.0.1", port)) != 0
