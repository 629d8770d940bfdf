"""What ``mercat demo --serve`` leaves for whoever opens the dashboard."""

from __future__ import annotations

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
