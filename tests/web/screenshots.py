"""The pictures of the README, made from what ``mercat demo --serve`` shows: ``just screenshots``.

uv run python -m tests.web.screenshots [--to docs/images]
"""

from __future__ import annotations

import argparse
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from mercat.core.settings import environment_with
from tests.web.browsing import ARGS, CHROMIUM

LARGEST = 150_000


@dataclass(frozen=True)
class Picture:
    """A page as it is pictured. ``follow``: the link on it that leads to what is pictured."""

    name: str
    address: str
    theme: Literal["light", "dark"] = "light"
    follow: str = ""
    width: int = 1120
    height: int = 720


PICTURES = (
    Picture("overview", "/"),
    Picture("review", "/", theme="dark", follow=r"Review \d+ rows"),
    Picture("suggestion", "/suggestions", follow="Lower "),
    Picture("market", "/market", follow="Brückner Basic Archive Box"),
    Picture("store", "/stores/demo-shop", theme="dark"),
)


def main() -> None:
    """Make all of them; whatever is larger than it may be is said, and is a failure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, default=Path("docs/images"))
    to: Path = parser.parse_args().to
    to.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, demo(Path(home)) as (base, password), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        state = sign_in(browser, base, password)
        for each in PICTURES:
            size = take(browser, base, state, each, to / f"{each.name}.png")
            sys.stdout.write(f"{each.name}.png {size:,} bytes\n")
            if size > LARGEST:
                sys.exit(f"{each.name}.png is larger than {LARGEST:,} bytes")
        browser.close()


@contextmanager
def demo(home: Path) -> Iterator[tuple[str, str]]:
    """The demo, served: its address and the password."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    command = [str(Path(sys.executable).with_name("mercat")), "demo", "--serve", "--port", str(port)]
    environment = environment_with(home=str(home), database_url="")
    played = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert played.stdout is not None
    assert played.stderr is not None
    try:
        found = next(filter(None, (re.search(r"password (\S+)", line) for line in played.stdout)))
        # The line that says where it listens is the last one: from then on it answers.
        next(line for line in played.stderr if "listens" in line)
        yield f"http://127.0.0.1:{port}", found[1]
    finally:
        played.send_signal(signal.SIGTERM)
        played.wait()


def sign_in(browser: Browser, base: str, password: str) -> str:
    """The cookie of the demo's user."""
    context = browser.new_context(base_url=base)
    page = context.new_page()
    page.goto("/login")
    page.get_by_label("User name or e-mail").fill("demo")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/login" not in url)
    cookie: str = next(each["value"] for each in context.cookies() if each["name"] == "mercat_session")
    context.close()
    return cookie


def take(browser: Browser, base: str, cookie: str, wanted: Picture, path: Path) -> int:
    """One picture; its size in bytes."""
    size = {"width": wanted.width, "height": wanted.height}
    context = browser.new_context(base_url=base, viewport=size, color_scheme=wanted.theme, reduced_motion="reduce")  # type: ignore[arg-type]  # a size is one
    context.add_cookies([{"name": "mercat_session", "value": cookie, "url": base}])
    page: Page = context.new_page()
    page.goto(wanted.address)
    if wanted.follow:
        page.locator("main").get_by_role("link", name=re.compile(wanted.follow)).first.click()
        page.wait_for_load_state("load")
    page.screenshot(path=path)
    context.close()
    return path.stat().st_size


if __name__ == "__main__":
    main()
