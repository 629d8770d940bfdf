"""The dashboard on a server of its own on loopback, with people and goods in it; and a browser that looks at it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, StorageState, sync_playwright
from starlette.testclient import TestClient

from mercat.api.app import make_app as make_api
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from mercat.domain import register_configurable, register_hearing, register_jobs
from mercat.domain.access import service as access
from mercat.web.app import make_app as make_pages
from tests.web.browsing import ARGS, CHROMIUM, Watched
from tests.web.goods import PASSWORD, TERMINAL, fill

Open = Callable[..., Watched]
Named = dict[str, str]


def whole(runtime: Runtime) -> Any:
    """API and pages behind one gate, as ``mercat serve`` runs them."""
    register_hearing()
    register_jobs()
    register_configurable()
    identify = lambda bearer, address: access.actor_of(runtime, bearer, address=address)  # noqa: E731
    return make_api(runtime, identify=identify, pages=make_pages(runtime))


@pytest.fixture
def visitor(sqlite_runtime: Runtime) -> Iterator[TestClient]:
    """A browser without script or picture: it keeps cookies, and says where its forms come from."""
    with TestClient(whole(sqlite_runtime), headers={"Sec-Fetch-Site": "same-origin"}) as client:
        yield client


@pytest.fixture(scope="session")
def named() -> Named:
    """What addresses call things in the shop; filled together with it."""
    return {}


@pytest.fixture
def admin(visitor: TestClient, sqlite_runtime: Runtime) -> TestClient:
    """The same, signed in as ada, who may do everything."""
    access.create_user(sqlite_runtime, TERMINAL, access.UserDraft("ada", "ada@example.com", "admin", password=PASSWORD))
    visitor.post("/login", data={"name": "ada", "password": PASSWORD})
    return visitor


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: Path, named: Named) -> Iterator[Runtime]:
    """A runtime with people and goods, the same for all tests that only look."""
    home = tmp_path_factory.mktemp("shop")
    (home / "mercat.db").write_bytes(_sqlite_template.read_bytes())
    runtime = Runtime(Settings(home=home))
    register_hearing()
    register_jobs()
    register_configurable()
    named.update(fill(runtime))
    yield runtime
    runtime.close()


def serving(runtime: Runtime) -> Iterator[str]:
    server = uvicorn.Server(
        uvicorn.Config(
            whole(runtime), port=0, log_level="error", ws="none", timeout_graceful_shutdown=1, timeout_keep_alive=60
        )
    )
    listening = server.config.bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    # The socket listens already: whoever comes early waits in its queue until the server takes them.
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(scope="session")
def base(shop: Runtime) -> Iterator[str]:
    """The address of the server."""
    yield from serving(shop)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for a whole worker of tests."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine: apt-get install chromium, or name one in CHROMIUM")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield made
        made.close()


@pytest.fixture(scope="session")
def signed_in(browser: Browser, base: str) -> Callable[[str], StorageState]:
    """The cookies of somebody who signed in by the form, once a person."""
    known: dict[str, StorageState] = {}

    def cookies(name: str) -> StorageState:
        if name not in known:
            context = browser.new_context(base_url=base)
            page = context.new_page()
            page.goto("/login")
            page.get_by_label("User name or e-mail").fill(name)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.wait_for_url(lambda url: "/login" not in url)
            known[name] = context.storage_state()
            context.close()
        return known[name]

    return cookies


@pytest.fixture
def open_page(browser: Browser, base: str, signed_in: Callable[[str], StorageState]) -> Iterator[Open]:
    """Open a page as somebody (``who``; nobody: a stranger). Whatever goes wrong on it fails the test at its end."""
    made: list[tuple[Any, Watched]] = []

    def visit(address: str, *, who: str | None = "ada", expect: tuple[int, ...] = (), **options: Any) -> Watched:
        chosen: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce", **options}
        state = None if who is None else signed_in(who)
        context = browser.new_context(base_url=base, storage_state=state, **chosen)
        watched = Watched(context, base)
        watched.expect(*expect)
        watched.page.goto(address, wait_until="load")
        made.append((context, watched))
        return watched

    yield visit
    for context, watched in made:
        context.close()
        assert watched.problems == []
