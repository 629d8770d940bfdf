"""The guide's five calls, run as they are printed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from tests.api.people import PASSWORD, TERMINAL
from tests.api.serving import served

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "api.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="the guide's calls are made with curl, which is not here")
def test_from_a_key_to_the_first_import_in_five_calls(sqlite_runtime: Runtime, tmp_path: Path):
    access.create_user(sqlite_runtime, TERMINAL, access.UserDraft("ada", "ada@example.com", "admin", password=PASSWORD))
    found = re.search(r"```sh\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    with served(sqlite_runtime, "--worker") as address:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", found[1]],
            env={**os.environ, "API": f"{address}/api/v1", "PASSWORD": PASSWORD},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    assert done.returncode == 0, done.stderr
    *followed, last = done.stdout.strip().splitlines()
    assert 'data: {"status":"completed"}' in followed
    assert json.loads(last)["data"] == [{"sku": "P-80", "name": "Copy paper A4", "price": "4.9"}]
