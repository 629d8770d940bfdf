"""A publisher that is killed at any moment, at a shop that fails and loses answers: the shop ends up equal, once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mercat.core.jobs import Watch
from mercat.core.unit import Runtime
from mercat.domain.listings import service as listings
from mercat.sdk.installed import connectors
from tests.domain.listings.conftest import install
from tests.domain.listings.corner import KEY, Back
from tests.shops import ANN, feed

ROOT = Path(__file__).parents[2]
PUBLISH = """
from mercat.core.jobs import Watch
from mercat.core.settings import load
from mercat.core.unit import Runtime
from mercat.domain.listings import service as listings
from tests.shops import ANN
listings.publish(Runtime(load()), ANN, "corner", yes=True, watch=Watch(sleep=lambda seconds: None))
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = install(tmp_path / "site")
    monkeypatch.syspath_prepend(str(folder))
    connectors.cache_clear()
    yield folder
    connectors.cache_clear()


def publish_until(home: Path, site: Path, back: Back, calls: int) -> int:
    """Publish in a process of its own, and kill it as soon as so many calls went out; its exit code."""
    environment = {**os.environ, "MERCAT_HOME": str(home), "PYTHONPATH": f"{site}{os.pathsep}{ROOT}"}
    process = subprocess.Popen([sys.executable, "-c", PUBLISH], env=environment, stderr=subprocess.DEVNULL)
    goal = back.calls() + calls
    while process.poll() is None and back.calls() < goal:
        time.sleep(0.002)  # how often we look; what counts is the number of calls
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    return process.wait()


@pytest.mark.parametrize("products", [30, 80], ids=["one by one", "in batches"])
def test_the_shop_equals_the_catalogue_whatever_broke(
    sqlite_runtime: Runtime, site: Path, tmp_path: Path, products: int
) -> None:
    back = Back(tmp_path / "corner.db")
    rows = [{"sku": f"A-{n}", "name": f"Lamp {n}", "price": f"{n}.50", "qty": n} for n in range(1, products + 1)]
    feed(sqlite_runtime, tmp_path, rows)
    settings = {"domain": "corner.test", "file": str(back.path)}
    draft = listings.StoreDraft("corner", "corner", settings, {"key": KEY}, {"stock_from": "offers"})
    listings.add_store(sqlite_runtime, ANN, draft)
    back.tell("faults", {"error": 0.05, "lost": 0.05, "timeout": 0.01, "busy": 0.02})
    home = sqlite_runtime.settings.home

    killed = [publish_until(home, site, back, calls) for calls in (1, 3, 9)]

    assert -signal.SIGKILL in killed
    for _ in range(5):
        result = listings.publish(sqlite_runtime, ANN, "corner", yes=True, watch=Watch(sleep=lambda _seconds: None))
        if result.status == "success":
            break
    assert result.status == "success"
    shown = {sku: (each["name"], each["price"]) for sku, each in back.shown().items()}
    assert shown == {f"A-{n}": (f"Lamp {n}", f"{n}.50") for n in range(1, products + 1)}
    assert dict(back.ask("SELECT sku, quantity FROM stock")) == {f"A-{n}": n for n in range(1, products + 1)}
    assert len(back.ask("SELECT sku FROM moves")) == products
    assert listings.publish(sqlite_runtime, ANN, "corner").calls == 0
    with sqlite_runtime.read() as unit:
        assert unit.bulk.fetch("SELECT COUNT(*) FROM publish_batches WHERE state IN ('planned', 'sent')") == [(0,)]
        assert unit.bulk.fetch("SELECT COUNT(*) FROM sync_history WHERE status = 'running'") == [(0,)]
