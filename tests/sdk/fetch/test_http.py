"""The product's HTTP client against real servers on loopback."""

import gzip
import socket
import zlib
from pathlib import Path
from typing import Any

import pytest

from mercat.core.border import unit_open
from mercat.sdk import http
from mercat.sdk.errors import Rejected, Unauthorized, Unavailable

from .web_server import Page, Site, serving


def to(location: str, status: int = 302):
    return Page(status=status, headers={"Location": location})


def here(names: list[str]):
    """A resolver that knows these names only and notes what it was asked."""
    asked = []

    def resolver(host: str, port: int, **_: object) -> list[tuple[Any, ...]]:
        asked.append(host)
        if host in names:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (names[host].pop(0), port))]
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)

    return resolver, asked


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://127.1:{port}/",
        "http://2130706433:{port}/",
        "http://0x7f.1:{port}/",
        "http://0.0.0.0:{port}/",
        "http://[::1]:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://[64:ff9b::7f00:1]:{port}/",
        "http://[fd00::1]:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://100.64.0.1/",
        "http://localhost:{port}/",
        "http://LOCALHOST:{port}/",
    ],
)
def test_this_machine_is_not_reached(site: Site, url: str):
    site.pages["/"] = Page(b"secret")
    with http.client() as client, pytest.raises(Rejected, match="must not be connected to"):
        client.get(url.format(port=site.port))
    assert site.seen == []


def test_the_judged_address_is_the_one_connected_to(site: Site):
    site.pages["/"] = Page(b"hello")
    resolver, asked = here({"supplier.test": ["127.0.0.1", "10.255.255.1"]})
    with http.client(allow_private=True, resolver=resolver) as client:
        assert client.get(site.url("/", "supplier.test")).content == b"hello"
    assert asked == ["supplier.test"]  # a second question could have had another answer
    assert site.seen[0][2]["Host"] == f"supplier.test:{site.port}"


def test_a_name_that_moves_to_a_forbidden_address_is_refused_when_it_moves(site: Site):
    site.pages["/"] = Page(b"hello")
    resolver, _ = here({"supplier.test": ["127.0.0.1", "169.254.169.254"]})
    with http.client(allow_private=True, resolver=resolver) as client:
        client.get(site.url("/", "supplier.test"), headers={"Connection": "close"})
        with pytest.raises(Rejected, match="metadata"):
            client.get(site.url("/", "supplier.test"))


def test_every_redirect_is_judged_again(site: Site):
    site.pages["/"] = to("http://169.254.169.254/latest/meta-data/")
    with http.client(allow_private=True) as client, pytest.raises(Rejected, match=r"169\.254\.169\.254"):
        client.get(site.url("/"))


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1:25/", "javascript:alert(1)"]
)
def test_a_redirect_to_another_scheme_is_refused(site: Site, target: str):
    site.pages["/"] = to(target)
    with http.client(allow_private=True) as client, pytest.raises(Rejected, match="only http and https"):
        client.get(site.url("/"))


def test_five_redirects_are_followed_and_six_are_not(site: Site):
    for number in range(6):
        site.pages[f"/{number}"] = to(f"/{number + 1}", status=[301, 302, 303, 307, 308, 302][number])
    site.pages["/6"] = Page(b"there")
    with http.client(allow_private=True) as client:
        assert client.get(site.url("/1")).content == b"there"
        with pytest.raises(Rejected, match="5 times"):
            client.get(site.url("/0"))


def test_https_is_checked_by_name_over_the_pinned_address_and_never_left(site: Site, certificate: Path):
    with serving(tls=certificate) as secure:
        secure.pages["/"] = Page(b"secure")
        secure.pages["/down"] = to(site.url("/"))
        site.pages["/up"] = to(secure.url("/", "localhost"))
        site.pages["/"] = Page(b"plain")
        resolver, _ = here({"supplier.test": ["127.0.0.1"] * 2, "other.test": ["127.0.0.1"]})
        with http.client(allow_private=True, ca_file=certificate, resolver=resolver) as client:
            assert client.get(secure.url("/", "supplier.test")).content == b"secure"
            assert client.get(site.url("/up")).content == b"secure"
            with pytest.raises(Unauthorized, match="certificate"):
                client.get(secure.url("/", "other.test"))
            with pytest.raises(Rejected, match="from https down to http"):
                client.get(secure.url("/down", "localhost"))
        with http.client(allow_private=True) as client, pytest.raises(Unauthorized, match="ca_file"):
            client.get(secure.url("/", "localhost"))
    assert site.seen == [("GET", "/up", site.seen[0][2])]


def test_secrets_do_not_follow_a_redirect_to_another_host(site: Site):
    with serving() as other:
        other.pages["/"] = Page(b"other")
        site.pages["/"] = to(other.url("/"))
        with http.client(allow_private=True) as client:
            client.get(site.url("/"), auth=("anna", "geheim"))
            assert "Authorization" not in other.seen[0][2]
            with pytest.raises(Rejected, match="x-shopify-access-token"):
                client.get(site.url("/"), headers={"X-Shopify-Access-Token": "t"})
        assert len(other.seen) == 1


def test_a_bomb_is_found_out_before_it_takes_memory(site: Site):
    bomb = gzip.compress(gzip.compress(bytes(50_000_000)))
    site.pages["/"] = Page(bomb, headers={"Content-Encoding": "gzip"})
    site.pages["/real"] = Page(gzip.compress(bytes(50_000_000)), headers={"Content-Encoding": "gzip"})
    with http.client(allow_private=True, max_bytes=1_000_000) as client:
        assert client.get(site.url("/")).content[:2] == b"\x1f\x8b"  # unpacked once, not twice
        with pytest.raises(Rejected, match="1000000 bytes"):
            client.get(site.url("/real"))


@pytest.mark.parametrize("data", [b"", b"a", b"ab" * 32768, b"ab" * 32769, bytes(200_000)])
def test_packed_answers_are_unpacked_whole(site: Site, data: bytes):
    parts = gzip.compress(data[:70_000]) + gzip.compress(data[70_000:])
    site.pages["/"] = Page(parts, headers={"Content-Encoding": "gzip"})
    with http.client(allow_private=True) as client:
        assert client.get(site.url("/")).content == data


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(b"a" * 9999, mtime=0)[:-9], "gzip"),
        (b"plain", "gzip"),
        (zlib.compress(b"x"), "deflate"),
        (b"x", "br"),
    ],
    ids=["torn", "not gzip", "deflate", "brotli"],
)
def test_a_torn_or_unasked_encoding_may_pass(site: Site, body: bytes, encoding: str):
    site.pages["/"] = Page(body, headers={"Content-Encoding": encoding})
    with http.client(allow_private=True) as client, pytest.raises(Unavailable):
        client.get(site.url("/"))


def test_a_server_that_says_nothing_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as quiet, http.client(allow_private=True, timeout_s=0.05) as client:
        url = f"http://127.0.0.1:{quiet.getsockname()[1]}/?key=S3CRET"
        with pytest.raises(Unavailable, match="in time") as caught:
            client.get(url)
    assert "S3CRET" not in str(caught.value)


def test_a_connected_client_still_refuses_inside_a_unit(site: Site):
    site.pages["/"] = Page(b"x")
    with http.client(allow_private=True) as client:
        client.get(site.url("/"))
        with unit_open(), pytest.raises(RuntimeError, match="open unit"):
            client.get(site.url("/"))
    assert len(site.seen) == 1
