"""What the tests of fetching share: options for loopback, a pace that does not wait, a certificate of our own."""

import datetime as dt
import ipaddress
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "supplier.test")])
    names = [
        x509.DNSName("supplier.test"),
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=365 * 100))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "own.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
