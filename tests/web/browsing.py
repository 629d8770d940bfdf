"""A real Chromium on a real server: what every page has to fulfil, whatever it shows."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Sequence
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (1920, 1440, 1180, 768, 390, 320)
# Of the design: bytes of a page as it is, of script and styles as they travel.
LARGEST_PAGE, LARGEST_SCRIPT, LARGEST_STYLES = 50_000, 15_000, 20_000


class Watched:
    """A page of a browser, and whatever went wrong on it: any console message, any failed request, any other host."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.problems: list[str] = []
        self.page: Page = context.new_page()
        self._expected: set[int] = set()
        say = self.problems.append
        self.page.on("pageerror", lambda error: say(f"error: {error}"))
        self.page.on("console", lambda message: self._heard(message.type, message.text))
        self.page.on("request", lambda asked: asked.url.startswith((base, "data:")) or say(f"outside: {asked.url}"))
        self.page.on("response", lambda given: self._answered(given.status, given.url))
        self.page.on("requestfailed", lambda asked: self._failed(asked.url, asked.failure or ""))

    def expect(self, *statuses: int) -> None:
        """These answers are meant here: a refusal is a page too."""
        self._expected.update(statuses)

    def _answered(self, status: int, url: str) -> None:
        if status >= 400 and status not in self._expected:
            self.problems.append(f"{status}: {url}")

    def _heard(self, kind: str, text: str) -> None:
        # Chromium itself writes a line for every answer of 400 and more.
        if not any(f"status of {status}" in text for status in self._expected):
            self.problems.append(f"{kind}: {text}")

    def _failed(self, url: str, why: str) -> None:
        # A stream ends with its page, and a file that is kept is not shown; both are called aborted.
        if why != "net::ERR_ABORTED":
            self.problems.append(f"failed: {url} {why}")


Face = tuple[int, Literal["light", "dark"]]
# A desk in daylight and a phone at night; MERCAT_TEST_WHOLE_PAGES=1 looks at both in both themes.
FACES: tuple[Face, ...] = ((1440, "light"), (390, "dark"))
if os.environ.get("MERCAT_TEST_WHOLE_PAGES") == "1":
    FACES = (*FACES, (1440, "dark"), (390, "light"))


def faults_of_access(page: Page, *, faces: Sequence[Face] = FACES) -> list[tuple[Any, ...]]:
    """What axe finds, at each width and theme."""
    found: list[tuple[Any, ...]] = []
    options = {"runOnly": WCAG, "resultTypes": ["violations"]}
    for width, scheme in faces:
        # Tall: nothing hides under what is sticky.
        page.set_viewport_size({"width": width, "height": 3000})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for each in Axe().run(page, options=options).response["violations"]:
            found += [(width, scheme, each["id"], node["html"][:120]) for node in each["nodes"]]
    return found


def sideways(page: Page) -> dict[int, int]:
    """By how many pixels the page can be pushed sideways, at each width where it can."""
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if beyond:
            found[width] = beyond
    return found


def weights(page: Page) -> dict[str, int]:
    """Bytes: of the page as it is with fifty rows, of its scripts and styles as they travel."""
    names = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    address = f"{page.url}{'&' if '?' in page.url else '?'}per_page=50"
    found = {"page": len(page.request.get(address).body()), "script": 0, "styles": 0}
    for name in names:
        kind = "script" if name.endswith(".js") else "styles" if name.endswith(".css") else None
        if kind is not None:
            found[kind] += len(gzip.compress(page.request.get(name).body()))
    return found
