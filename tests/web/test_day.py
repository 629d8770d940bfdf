"""A shopkeeper's day in a real browser, against a shop that is there: from the first sign-in to what was taken back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from mercat.core.jobs.worker import Worker
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from mercat.sandbox.shopify import Options, RunningShop, running
from tests.core.jobs.conftest import working
from tests.shops import write_csv
from tests.web.browsing import Watched
from tests.web.conftest import serving
from tests.web.goods import PASSWORD

FIRST = [
    {"sku": f"L-{n}", "name": f"Lamp {n}", "price": f"{n}0.00", "cost": f"{n * 7}.00", "currency": "USD"}
    for n in range(1, 9)
]
# One costs more than it did, so that little is left of its price; and one price has a comma too few.
SECOND = [{**FIRST[0], "cost": "9.00"}, {**FIRST[1], "price": "200.00"}, *FIRST[2:]]


class Day:
    """A house with a worker, a shop, and somebody before a browser."""

    def __init__(self, watched: Watched, worker: Worker, shop: RunningShop, folder: Path) -> None:
        self.watched = watched
        self.page = watched.page
        self.worker = worker
        self.shop = shop
        self.folder = folder

    def finished(self) -> None:
        """All jobs are done, and the page shows it."""
        deadline = time.monotonic() + 60
        while not self.worker.is_idle or self.worker.is_work_due():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        self.page.reload()

    def shown(self) -> dict[str, str]:
        """What the shop sells, and for how much."""
        return {each["sku"]: each["price"] for product in self.shop.state["products"] for each in product["variants"]}

    def click(self, name: str) -> None:
        self.page.get_by_role("button", name=name).first.click()

    def toast(self, text: str) -> None:
        expect(self.page.locator(".toast", has_text=text).first).to_be_visible()


Begin = Callable[..., Day]


@pytest.fixture
def begin(tmp_path: Path, _sqlite_template: Path, browser: Browser) -> Iterator[Begin]:
    """A house in which nobody is yet."""
    (tmp_path / "mercat.db").write_bytes(_sqlite_template.read_bytes())
    runtime = Runtime(Settings(home=tmp_path, http_allow_private=True))
    contexts = []
    with (
        aside(working(runtime)) as worker,
        running(Options(plan="plus")) as shop,
        contextmanager(serving)(runtime) as base,
    ):

        def open_(**options: object) -> Day:
            contexts.append(browser.new_context(base_url=base, reduced_motion="reduce", **options))
            return Day(Watched(contexts[0], base), worker, shop, tmp_path)

        yield open_
        for context in contexts:
            context.close()
    runtime.close()


@contextmanager
def aside(working: AbstractContextManager[Worker]) -> Iterator[Worker]:
    """Entered and left in another thread: in this one the browser's event loop runs, where the engine of jobs refuses to start."""
    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(working.__enter__).result()
        thread.submit(working.__exit__, None, None, None).result()


def set_up(day: Day) -> None:
    day.page.goto("/")
    day.page.get_by_label("User name").fill("ada")
    day.page.get_by_label("E-mail").fill("ada@example.com")
    day.page.get_by_label("Password").fill(PASSWORD)
    day.click("Make the account")
    expect(day.page.get_by_role("heading", level=1)).to_be_visible()


def import_file(day: Day, name: str, rows: list[dict[str, object]]) -> None:
    day.page.goto("/imports")
    day.page.get_by_label("File", exact=True).set_input_files(write_csv(day.folder / name, rows))
    day.page.get_by_label("Whose file it is").fill("acme")
    day.click("Import it")
    expect(day.page.get_by_role("heading", level=1)).to_contain_text(name)
    day.finished()


def connect(day: Day) -> None:
    day.page.goto("/stores/new")
    day.page.get_by_label("Name", exact=True).fill("main")
    day.page.get_by_label("Address").fill(day.shop.url)
    day.click("Connect it")
    expect(day.page.get_by_role("heading", level=1)).to_have_text("main")
    day.page.get_by_label("Publish by itself what changes").check()
    day.click("Save")
    day.page.locator(".acts").get_by_role("button", name="Publish").click()
    expect(day.page.get_by_role("heading", level=1)).to_contain_text("Publish")
    day.finished()


def open_held(day: Day) -> None:
    day.page.goto("/review")
    day.page.get_by_role("link", name="Review 2 rows").click()
    expect(day.page.locator("#savebar")).to_contain_text("1 open")


def follow_the_suggestion(day: Day) -> None:
    """The cost that rose became an alert, the alert a suggestion, the suggestion a price at the shop; and that is taken back."""
    day.page.goto("/review?kind=suggestion")
    day.page.locator(".need h3 a").click()
    expect(day.page.get_by_role("heading", level=1)).to_contain_text("11.25")
    day.page.locator(".acts").get_by_role("button", name="Approve and apply").click()
    expect(day.page.get_by_text("Applied", exact=True).first).to_be_visible()
    day.finished()
    assert day.shown()["L-1"] == "11.25"
    day.page.get_by_role("button", name="Take it back").click()
    expect(day.page.get_by_text("Taken back", exact=True).first).to_be_visible()
    day.finished()
    assert day.shown()["L-1"] == "10.00"


def by_keyboard(page: Page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("a")


def by_button(page: Page) -> None:
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Approve", exact=True).first.click()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without"])
def test_a_day(begin: Begin, *, script: bool):
    """Import, connect, publish; a file is held, decided, applied and shown; what it brings up is answered; all is taken back."""
    day = begin(java_script_enabled=script)
    set_up(day)
    import_file(day, "monday.csv", FIRST)
    connect(day)
    assert day.shown() == {f"L-{n}": f"{n}0.00" for n in range(1, 9)}

    import_file(day, "tuesday.csv", SECOND)
    open_held(day)
    (by_keyboard if script else by_button)(day.page)
    expect(day.page.locator("#savebar")).to_contain_text("1 approved")
    day.click("Apply 2 rows")
    day.toast("2 rows applied")
    day.finished()
    # The shop's own guard looks once more at the price that jumps.
    assert day.shown()["L-2"] == "20.00"
    day.page.goto("/review?kind=publish")
    day.page.get_by_role("link", name="Look").click()
    day.click("Send it all the same")
    day.finished()
    assert (day.shown()["L-1"], day.shown()["L-2"]) == ("10.00", "200.00")

    follow_the_suggestion(day)

    day.page.goto("/changes")
    day.page.get_by_role("link", name="tuesday.csv").click()
    day.click("Undo")
    day.toast("It was taken back")
    day.finished()
    day.page.goto("/stores/main")
    day.click("Send it all the same")
    day.finished()
    assert day.shown() == {f"L-{n}": f"{n}0.00" for n in range(1, 9)}
    day.page.goto("/review")
    expect(day.page.get_by_role("heading", level=1)).to_contain_text("Review")
    assert day.watched.problems == []
