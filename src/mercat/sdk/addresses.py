"""Which addresses an outgoing connection may go to, and connecting to the very address that was judged.

An address given by a person or by a supplier's redirect can point at our own machines: the database, the router, the
cloud's metadata service (server-side request forgery, OWASP "SSRF Prevention Cheat Sheet"). A name is therefore
resolved once, every answer is judged, and the connection goes to the judged answer: a second look-up could answer
otherwise (DNS rebinding). Judging what the resolver answers also covers every spelling of a number it understands
(``127.1``, ``2130706433``, ``0x7f.1``).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import Any

from mercat.sdk.errors import Rejected, Unavailable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[..., Sequence[tuple[Any, ...]]]
"""The face of ``socket.getaddrinfo``."""


def _networks(*texts: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    return tuple(ipaddress.ip_network(text) for text in texts)


# IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its updates, as of 2025). Written out, because
# what ``ipaddress.is_global`` answers changed between Python versions (gh-113171, 2024).
_OWN = _networks(
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",  # carrier-grade NAT, and the usual range of private overlays
    "127.0.0.0/8",
    "::1/128",
    "fc00::/7",
)
_NEVER = _networks(
    "0.0.0.0/8",
    "169.254.0.0/16",  # link-local; clouds answer with credentials at 169.254.169.254
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "168.63.129.16/32",  # Azure's host agent: public by number, local by effect
    "100.100.100.200/32",  # Alibaba Cloud's metadata service
    "fd00:ec2::254/128",  # Amazon's metadata service over IPv6
    "2001::/23",  # protocol assignments, Teredo among them
    "2001:db8::/32",
    "2002::/16",  # 6to4: wraps an IPv4 address
    "3fff::/20",
)
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")  # all that IANA has given out for global unicast
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are the IPv4 address that is meant


def refusal(text: str, *, allow_private: bool = False) -> str | None:
    """Why this numeric address must not be connected to, or None where it may.

    ``allow_private`` opens loopback and private networks (the merchant's own servers). Link-local, metadata, multicast,
    documentation and reserved addresses stay closed: no supplier lives there.
    """
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return refusal(str(inner), allow_private=allow_private)
    if any(address in network for network in _NEVER):
        return "is a reserved, link-local or metadata address"
    if any(address in network for network in _OWN):
        return None if allow_private else "is in a private network"
    if isinstance(address, ipaddress.IPv6Address) and address not in _PUBLIC_V6:
        return "is not a public address"
    return None


def resolve(
    host: str, port: int, *, allow_private: bool = False, resolver: Resolver = socket.getaddrinfo
) -> list[tuple[str, int]]:
    """Every (address, port) that ``host`` stands for, all of them judged.

    One forbidden answer refuses the host, since a mixed answer is how a rebinding attack looks. Raises ``Rejected``
    for a forbidden address and ``Unavailable`` where the name does not resolve.
    """
    try:
        answers = resolver(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unavailable(
            f"the host {host!r} is not known to the name service: check its spelling and this machine's network"
        ) from error
    found = list(dict.fromkeys((str(answer[4][0]), port) for answer in answers))
    if not found:
        raise Unavailable(f"the name service has no address for the host {host!r}")
    for address, _ in found:
        why = refusal(address, allow_private=allow_private)
        if why:
            mend = "" if allow_private else "; if it is your own server, MERCAT_HTTP_ALLOW_PRIVATE=1 allows it"
            raise Rejected(f"{host} must not be connected to: its address {address} {why}{mend}", host=host)
    return found


def connect(
    host: str,
    port: int,
    *,
    timeout_s: float | None,
    allow_private: bool = False,
    resolver: Resolver = socket.getaddrinfo,
) -> socket.socket:
    """A TCP connection to the first judged address of ``host`` that answers.

    Raises ``Rejected`` for a forbidden address, ``Unavailable`` where the name does not resolve, and ``OSError`` (of
    the last address tried) where nobody answers.
    """
    last: OSError | None = None
    for address in resolve(host, port, allow_private=allow_private, resolver=resolver):
        try:
            return socket.create_connection(address, timeout_s)
        except OSError as error:
            last = error
    raise last or OSError(f"no address of {host} answered")
