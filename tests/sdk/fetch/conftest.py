"""What the tests of fetching share: options for loopback, a pace that does not wait, a certificate of our own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mercat.sandbox.feeds.certificates import write_certificate
from mercat.sdk.fetch import FetchOptions, Pace

from .web_server import Site, serving


@pytest.fixture
def options() -> FetchOptions:
    return FetchOptions(allow_private=True, timeout_s=5, settle_s=0)


class Waits:
    """Notes every wait instead of waiting; ``meanwhile`` happens during it."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.meanwhile: list[object] = []

    def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if self.meanwhile:
            happening = self.meanwhile.pop(0)
            assert callable(happening)
            happening()


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def pace(waits: Waits) -> Pace:
    return Pace(sleep=waits.sleep, jitter=lambda: 1.0)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as site:
        yield site


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and self-signed certificate for supplier.test, localhost and 127.0.0.1, in one PEM file."""
    return write_certificate(tmp_path_factory.mktemp("tls") / "own.pem", "supplier.test")
