"""What the guide prints works, and what it says of events is true."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from mercat.core.actor import Actor
from mercat.core.unit import Runtime
from mercat.domain.operations import service as operations
from tests.architecture.house import ROOT
from tests.domain.operations.receiver import receiving

ME = Actor("user", "Ada")
GUIDE = Path(ROOT / "docs" / "guides" / "webhooks.md").read_text("utf-8")


def printed() -> Any:
    """The function as the guide prints it."""
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, "webhooks.md", "exec"), names)
    return names["is_genuine"]


def test_the_printed_example_tells_genuine_from_forged(sqlite_runtime: Runtime) -> None:
    is_genuine = printed()
    house = Runtime(replace(sqlite_runtime.settings, http_allow_private=True))
    with receiving() as receiver:
        _, old = operations.add_endpoint(house, ME, operations.EndpointDraft("erp", receiver.url))
        new = operations.rotate_endpoint_secret(house, ME, "erp")
        operations.test_endpoint(house, ME, "erp")
    house.close()
    (got,) = receiver.got

    assert is_genuine(old, got.headers, got.body)
    assert is_genuine(new, got.headers, got.body)
    assert not is_genuine(new, got.headers, got.body + b" ")
    assert not is_genuine(new, {**got.headers, "webhook-id": "other"}, got.body)
    assert not is_genuine("whsec_" + "A" * 44, got.headers, got.body)
    stale = str(int(got.headers["webhook-timestamp"]) - 301)
    assert not is_genuine(new, {**got.headers, "webhook-timestamp": stale}, got.body)


def test_every_event_is_in_the_guide() -> None:
    table = GUIDE.split("## Events")[1].split("## Checking")[0]

    assert set(re.findall(r"`(\w+\.\w+)`", table)) == set(operations.EVENTS)
