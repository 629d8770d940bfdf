"""Answers from memory: never other than a fresh one would be, whoever changed whatever in between."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from mercat.api.turns import Turns
from mercat.core.actor import Actor
from mercat.core.database.version import DataVersion
from mercat.core.unit import Runtime
from mercat.domain.access.service import ROLES, SettingsView
from mercat.domain.suppliers.models import Supplier
from tests.api.conftest import KEY, Doorkeeper, Known, client_of

LIST = "/api/v1/products"


def add(api: TestClient, sku: str, **values: str) -> None:
    assert api.post(LIST, json={"name": sku, "variants": [{"sku": sku, "price": "1"}], **values}).status_code == 201


def skus(api: TestClient, address: str = LIST) -> list[str]:
    return [each["sku"] for each in api.get(address).json()["data"]]


def test_two_looks_agree_only_while_nothing_is_committed(runtime: Runtime) -> None:
    version = DataVersion(runtime.engine)
    first = version.look()
    with runtime.write() as unit:
        unit.add(Supplier(name="Acme", code="acme", priority=1))
        unit.session.flush()
        during = version.look()
    if runtime.engine.dialect.name not in {"sqlite", "postgresql"}:
        assert first is during is version.look() is None
        return
    assert version.look() not in {first, during}
    version.close()
    assert version.look() is not None
    version.close()


def test_a_file_that_nobody_writes_keeps_its_version(sqlite_runtime: Runtime) -> None:
    # PostgreSQL counts what is committed beside this database too.
    version = DataVersion(sqlite_runtime.engine)
    first = version.look()
    with sqlite_runtime.write() as unit:
        unit.add(Supplier(name="Acme", code="acme", priority=1))
        unit.session.flush()
        assert version.look() == first
        unit.session.rollback()
    with sqlite_runtime.read() as unit:
        unit.session.connection()
    assert version.look() == first
    version.close()


def test_a_database_that_is_away_has_no_version(runtime: Runtime) -> None:
    version = DataVersion(runtime.engine)
    version.look()
    if version._connection is not None:  # the connection breaks, as a network does
        version._connection.dbapi_connection.close()
    assert version.look() is None
    assert (version.look() is None) == (runtime.engine.dialect.name not in {"sqlite", "postgresql"})
    version.close()


def test_what_is_listed_follows_every_change(runtime: Runtime, doorkeeper: Doorkeeper) -> None:
    with client_of(runtime, doorkeeper) as api:
        for number in range(3):
            assert skus(api) == skus(api) == [f"S{each}" for each in range(number)]
            add(api, f"S{number}", brand="Old")
        assert api.get(f"{LIST}/S1").json()["name"] == api.get(f"{LIST}/S1").json()["name"] == "S1"
        assert api.patch(f"{LIST}/S1", json={"values": {"name": "New"}}).status_code == 200
        assert api.get(f"{LIST}/S1").json()["name"] == "New"
        assert [each["name"] for each in api.get(LIST).json()["data"]] == ["S0", "New", "S2"]
        assert skus(api, f"{LIST}?q=new") == skus(api, f"{LIST}?q=new") == ["S1"]


def test_another_process_is_heard_too(api: TestClient, sqlite_runtime: Runtime, doorkeeper: Doorkeeper) -> None:
    assert skus(api) == []
    other = Runtime(sqlite_runtime.settings)
    with client_of(other, doorkeeper) as beside:
        add(beside, "A")
    other.close()

    assert skus(api) == ["A"]


def test_nobody_is_answered_what_was_answered_to_another(
    api: TestClient, sqlite_runtime: Runtime, doorkeeper: Doorkeeper
) -> None:
    for number in range(3):
        add(api, f"S{number}")
    viewer = Known(Actor("user", "bob", permissions=ROLES["viewer"]), settings=SettingsView(per_page=2))
    doorkeeper.known |= {"mk_bob": viewer, "mk_none": Known(Actor("user", "eve", permissions=frozenset()))}
    assert len(skus(api)) == 3
    with (
        client_of(sqlite_runtime, doorkeeper, "mk_bob") as bob,
        client_of(sqlite_runtime, doorkeeper, "mk_none") as eve,
    ):
        assert len(skus(bob)) == 2
        assert eve.get(LIST).status_code == 403
        doorkeeper.known["mk_bob"] = replace(viewer, settings=SettingsView(per_page=1))
        assert len(skus(bob)) == 1
    with client_of(sqlite_runtime, doorkeeper, None) as stranger:
        assert stranger.get(LIST).status_code == 401
    headers = {"Authorization": f"Bearer {KEY}", "Accept": "text/csv"}
    assert api.get(LIST, headers=headers).text.startswith("id,handle")


def test_a_client_that_has_the_answer_already_is_told_so_from_memory_as_well(api: TestClient) -> None:
    add(api, "A")
    tag = api.get(LIST).headers["etag"]

    assert [api.get(LIST, headers={"If-None-Match": tag}).status_code for _ in range(2)] == [304, 304]
    add(api, "B")
    assert api.get(LIST, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("at_once", [1, 2, 5])
def test_so_many_have_their_turn_at_once_and_whoever_is_slow_no_longer_counts(at_once: int) -> None:
    inside: list[int] = []
    now = 0

    async def quick(turns: Turns) -> None:
        nonlocal now
        async with turns.turn():
            now += 1
            inside.append(now)
            await asyncio.sleep(0)
            now -= 1

    async def slow(turns: Turns, ended: asyncio.Event) -> None:
        async with turns.turn():
            await ended.wait()

    async def main() -> None:
        turns, ended = Turns(at_once, slow_s=0.001), asyncio.Event()
        waiting = [asyncio.create_task(slow(turns, ended)) for _ in range(at_once)]
        await asyncio.gather(*(quick(turns) for _ in range(20)))
        ended.set()
        await asyncio.gather(*waiting)
        await asyncio.gather(*(quick(turns) for _ in range(20)))

    asyncio.run(main())
    assert (len(inside), max(inside)) == (40, at_once)
