import socket
from typing import Any

import pytest

from mercat.sdk.addresses import Resolver, refusal, resolve
from mercat.sdk.errors import Rejected, Unavailable

OWN = [
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "100.127.255.254",
    "::1",
    "fd00::1",
    "fc00::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::10.1.2.3",
]
NEVER = [
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "169.254.1.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]
PUBLIC = [
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "126.255.255.255",
    "172.15.255.255",
    "172.32.0.1",
    "192.167.255.255",
    "223.255.255.255",
    "2606:4700::1111",
    "2001:4860:4860::8888",
    "::ffff:1.1.1.1",
    "64:ff9b::101:101",
]


@pytest.mark.parametrize("address", OWN)
def test_our_own_networks_are_open_only_on_request(address: str):
    assert "private" in (refusal(address) or "")
    assert refusal(address, allow_private=True) is None


@pytest.mark.parametrize("address", NEVER)
def test_reserved_and_metadata_addresses_are_never_open(address: str):
    assert refusal(address)
    assert refusal(address, allow_private=True)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_open(address: str):
    assert refusal(address) is None


# Read by this machine's own resolver, as a connection would be: numbers need no name service.
@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "::1", "localhost", "0", "0.0.0.0"],
)
def test_every_spelling_of_this_machine_is_refused(host: str):
    with pytest.raises(Rejected, match="must not be connected to"):
        resolve(host, 80)


def answering(*addresses: str) -> Resolver:
    return lambda _, port, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]


def test_one_forbidden_answer_refuses_the_host():
    with pytest.raises(Rejected, match=r"10\.0\.0\.1"):
        resolve("rebinding.test", 443, resolver=answering("1.1.1.1", "10.0.0.1"))
    assert resolve("good.test", 443, resolver=answering("1.1.1.1", "1.0.0.1", "1.1.1.1")) == [
        ("1.1.1.1", 443),
        ("1.0.0.1", 443),
    ]


def test_an_unknown_name_may_be_known_later():
    def unknown(*_: object, **__: object) -> list[tuple[Any, ...]]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(Unavailable, match="spelling"):
        resolve("nowhere.test", 80, resolver=unknown)
