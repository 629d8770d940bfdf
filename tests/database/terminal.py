"""``mercat db`` as it is typed, in this process."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner

from mercat.cli.app import app
from mercat.core.unit import Runtime


def mercat(runtime: Runtime, *arguments: str) -> tuple[int, Any]:
    """A command of ``mercat db`` on the runtime's database: its exit code and its one JSON document."""
    environment = {"MERCAT_HOME": str(runtime.settings.home), "MERCAT_DATABASE_URL": runtime.settings.database_url}
    done = CliRunner().invoke(app, ["db", *arguments, "--json"], env=environment)
    return done.exit_code, json.loads(done.stdout)
