"""A Mercat whose store is the corner shop, found as every connector is: by its entry point."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mercat.core.unit import Runtime
from mercat.domain.listings import service as listings
from mercat.sdk.installed import connectors
from tests.domain.listings.corner import KEY, Back
from tests.shops import ANN


def install(folder: Path) -> Path:
    """What an installed package leaves behind: its name, and the line that names its connector."""
    info = folder / "corner_shop-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: corner-shop\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[mercat.connectors]\ncorner = tests.domain.listings.corner:connector\n")
    return folder


@pytest.fixture
def corner_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = install(tmp_path / "site")
    monkeypatch.syspath_prepend(str(folder))
    connectors.cache_clear()
    yield folder
    connectors.cache_clear()


@pytest.fixture
def back(tmp_path: Path) -> Back:
    """The back room of the shop."""
    return Back(tmp_path / "corner.db")


@pytest.fixture
def add_store(corner_installed: Path, back: Back) -> Callable[..., listings.StoreView]:
    assert corner_installed.is_dir()

    def add(runtime: Runtime, name: str = "corner", **selling: Any) -> listings.StoreView:
        settings = {"domain": "corner.test", "file": str(back.path)}
        secrets: Mapping[str, str] = {"key": KEY}
        draft = listings.StoreDraft("corner", name, settings, secrets, selling)
        return listings.add_store(runtime, ANN, draft)[0]

    return add
