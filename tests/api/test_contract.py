"""What the API says of itself holds, whatever is sent to it (schemathesis, all its checks), with credentials."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from tests.api.people import TERMINAL, people
from tests.api.serving import served
from tests.conftest import DATABASES

# Lists are one piece of code: of those that nothing else hangs on, some stand for all. The whole takes some minutes.
WHOLE = os.environ.get("MERCAT_TEST_WHOLE_CONTRACT") == "1"
# Made-up requests of each operation: as many as end within half an hour.
MADE_UP = os.environ.get("MERCAT_TEST_MADE_UP", "20")
ALIKE = (
    "^/api/v1/(locks|images|metafields|variants|matches|rejects|offers|workers|api-calls|changes|feed-files|job-log|audit|keys"
    "|deliveries|sessions)$|^/api/v1/(?!products)[^/]*[.]"
)
ROOT = Path(__file__).parents[2]
SCHEMATHESIS = str(Path(sys.executable).with_name("schemathesis"))


# In CI every operation's examples; asked for the whole, also every edge of every parameter, made-up requests, and what follows
# from one answer to the next: the edges alone take as long as the hundred tests that come after them.
PHASES = "examples,coverage,fuzzing,stateful" if WHOLE else "examples"


@pytest.mark.parametrize("database", [name for name in DATABASES if name != "mariadb"], indirect=True)
def test_the_api_keeps_its_word(runtime: Runtime, tmp_path: Path):
    admin = people(runtime)["admin"]
    key = access.create_key(runtime, TERMINAL, access.KeyDraft("test", ["admin"]), owner=admin.user.id).secret
    with served(runtime) as address:
        done = subprocess.run(
            [
                SCHEMATHESIS,
                *("--config-file", str(ROOT / "schemathesis.toml"), "run", f"{address}/api/v1/openapi.json"),
                *("--header", f"Authorization: Bearer {key}", "--checks", "all", "--continue-on-failure"),
                *("--phases", PHASES, "--max-examples", MADE_UP, "--seed", "1", "--no-color"),
                *(() if WHOLE else ("--exclude-path-regex", ALIKE)),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 0, done.stdout[-20_000:]
