"""Configurations: typed, judged by their patterns, remembered with their history, secrets sealed and never shown."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from mercat.core.actor import Actor
from mercat.core.errors import Forbidden, Invalid, MercatError, NotFound
from mercat.core.unit import Runtime
from mercat.domain import register_configurable
from mercat.domain.operations import service as operations
from mercat.domain.operations.configurable import known_keys
from tests.shops import feed

ME = Actor("user", "Ada")
COUNT = operations.declare(operations.Key("testing.count", "integer", 7, "a count", "a number to 999", r"\d{1,3}"))
SHARE = operations.declare(operations.Key("testing.share", "float", 0.5, "a share", "a number", r"-?[\d.einfa]+"))
NAME = operations.declare(operations.Key("testing.name", "string", "x", "a name", "small letters", "[a-z]+"))
IS_ON = operations.switch("testing.is_on", default=True, description="a switch")
RULES: operations.Key[object] = operations.declare(operations.Key("testing.rules", "json", {}, "rules", "JSON"))
CODE: operations.Key[str | None] = operations.declare(
    operations.Key("testing.code", "secret", None, "a secret", "8 letters or more", "[A-Za-z0-9]{8,}")
)
PLANTED = "sesame12345"


def put(runtime: Runtime, key: str, value: str | None, actor: Actor = ME) -> operations.ConfigurationView:
    with runtime.write(actor) as unit:
        return operations.set_configuration(unit, runtime.secrets, key, value)


@pytest.mark.parametrize(
    ("key", "given", "value"),
    [
        (COUNT, "012", 12),
        (SHARE, "1.25", 1.25),
        (NAME, "abc", "abc"),
        (IS_ON, "FALSE", False),
        (RULES, '{"a": [1, 2.5, null, "ä"]}', {"a": [1, 2.5, None, "ä"]}),
    ],
)
def test_a_value_comes_back_as_its_type(
    runtime: Runtime, key: operations.Key[object], given: str, value: object
) -> None:
    with runtime.read() as unit:
        assert operations.value_of(unit, key) == key.default
    put(runtime, key.name, given)

    with runtime.read(ME) as unit:
        assert operations.value_of(unit, key) == value
        assert operations.get_configuration(unit, key.name).value == value
    put(runtime, key.name, None)
    with runtime.read(ME) as unit:
        assert operations.value_of(unit, key) == key.default
        assert not operations.get_configuration(unit, key.name).is_set


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("testing.count", "1000"),
        ("testing.count", "-1"),
        ("testing.count", "7\n"),
        ("testing.share", "nan"),
        ("testing.share", "inf"),
        ("testing.name", "ABC"),
        ("testing.is_on", "perhaps"),
        ("testing.rules", "{"),
        ("testing.rules", "NaN"),
        ("testing.code", "short"),
        ("logs.level", "LOUD"),
        ("usage.warn_pct", "0"),
        ("usage.warn_pct", "101"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_in_words(sqlite_runtime: Runtime, key: str, given: str) -> None:
    with pytest.raises(Invalid, match=f"{key} takes") as refused:
        put(sqlite_runtime, key, given)

    assert ("short" in refused.value.message) is False
    with sqlite_runtime.read(ME) as unit:
        assert operations.configuration_history(unit, key).total == 0


def test_the_history_says_who_changed_what_and_masks_secrets(runtime: Runtime) -> None:
    put(runtime, "testing.count", "8")
    put(runtime, "testing.count", "8", Actor("user", "Bob"))  # the same: nothing changes
    put(runtime, "testing.count", "9", Actor("user", "Bob"))
    put(runtime, "testing.count", None)
    put(runtime, "testing.code", PLANTED)
    put(runtime, "testing.code", PLANTED)

    with runtime.read(ME) as unit:
        found = operations.configuration_history(unit, "testing.count")
        secret = operations.configuration_history(unit, "testing.code")
        assert operations.configuration_history(unit).total == 4

    assert [(each.old_value, each.new_value, each.actor) for each in found] == [
        ("9", None, "Ada"),
        ("8", "9", "Bob"),
        (None, "8", "Ada"),
    ]
    assert [(each.old_value, each.new_value) for each in secret] == [(None, "***")]


def test_a_secret_is_sealed_shown_to_nobody_and_resealed(runtime: Runtime) -> None:
    view = put(runtime, "testing.code", PLANTED)
    with runtime.engine.connect() as connection:
        tables = [
            str(row)
            for name in ("configurations", "configuration_changes")
            for row in connection.execute(text(f"SELECT * FROM {name}"))
        ]
    key_before = runtime.secrets.path.read_text()
    with runtime.secrets.exchanging():
        assert operations.reseal(runtime, ME) == 1

    assert view.value == "***"
    assert PLANTED not in "".join(tables)
    assert runtime.secrets.path.read_text() != key_before
    with runtime.read(ME) as unit:
        assert operations.secret_of(unit, runtime.secrets, CODE) == PLANTED
        assert operations.get_configuration(unit, "testing.code").value == "***"


def test_a_kept_value_that_no_longer_fits_counts_for_nothing(sqlite_runtime: Runtime) -> None:
    put(sqlite_runtime, "testing.count", "9")
    with sqlite_runtime.engine.begin() as connection:
        connection.execute(text("UPDATE configurations SET value = 'many'"))

    with sqlite_runtime.read() as unit:
        assert operations.value_of(unit, COUNT) == 7


def test_unknown_keys_and_people_who_may_not(sqlite_runtime: Runtime) -> None:
    with pytest.raises(NotFound, match="mercat config list"):
        put(sqlite_runtime, "testing.nothing", "1")
    for kind in ({"operations.logs"}, set()):
        with pytest.raises(Forbidden):
            put(sqlite_runtime, "testing.count", "1", Actor("user", "Eve", frozenset(kind)))


def test_every_default_fits_its_own_key(sqlite_runtime: Runtime) -> None:
    with sqlite_runtime.read(ME) as unit:
        views = operations.list_configurations(unit)
    for view in views:
        if view.default is not None:
            try:
                put(
                    sqlite_runtime,
                    view.key,
                    str(view.default) if view.data_type != "json" else json.dumps(view.default),
                )
            except MercatError as refused:
                pytest.fail(refused.message)


def test_rooms_declare_their_own_keys() -> None:
    register_configurable()

    assert {"imports.guards", "publish.bulk_from", "logs.level"} <= known_keys().keys()


def test_guards_of_the_house_hold_for_imports_that_say_nothing_else(sqlite_runtime: Runtime, tmp_path: Path) -> None:
    rows = [{"sku": f"A-{n}", "name": f"Lamp {n}", "price": f"{n}.00"} for n in range(1, 11)]
    dearer = [{**row, "price": f"{n * 2}.00"} for n, row in enumerate(rows, 1)]
    feed(sqlite_runtime, tmp_path, rows)
    assert feed(sqlite_runtime, tmp_path, dearer).status == "held"
    put(sqlite_runtime, "imports.guards", '{"price_change_pct": 500}')
    assert feed(sqlite_runtime, tmp_path, dearer).status == "applied"
    for wrong in ('{"price_jump": 5}', "[]", '{"price_change_pct": -1}'):
        with pytest.raises(Invalid):
            put(sqlite_runtime, "imports.guards", wrong)
