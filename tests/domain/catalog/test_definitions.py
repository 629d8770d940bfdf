"""The registry of custom fields, on every database."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from mercat.core.errors import Conflict, Invalid, NotFound
from mercat.core.unit import Runtime
from mercat.domain.catalog import definitions, editing
from mercat.domain.catalog.metafields import encode
from mercat.domain.catalog.models import Product, ProductMetafield
from mercat.sdk.records import Metafield
from tests.shops import ANN, by_sku, feed


def test_what_an_import_meets_is_registered_once(runtime: Runtime) -> None:
    seen = {("custom", f"field_{number}"): "single_line_text_field" for number in range(300)}
    with runtime.write() as unit:
        definitions.ensure_defined(unit, seen)
        definitions.ensure_defined(unit, {("custom", "field_1"): "json", ("specs", "weight-net"): "weight"})
    with runtime.read() as unit:
        kept = definitions.definitions_by_key(unit)
        assert len(kept) == 301
        assert kept["custom.field_1"].type == "single_line_text_field"
        assert (kept["specs.weight-net"].type, kept["specs.weight-net"].name) == ("weight", "Weight net")
        page = definitions.list_definitions(unit, namespace="custom", page=2, per_page=200)
        assert (len(page), page.total) == (100, 300)


def test_a_field_that_another_unit_registers_meanwhile_is_waited_for(runtime: Runtime) -> None:
    def register(keys: str) -> None:
        with runtime.write() as unit:
            definitions.ensure_defined(unit, {("custom", key): "boolean" for key in keys})

    with runtime.write() as unit:
        definitions.ensure_defined(unit, {("custom", "b"): "boolean"})
        other = threading.Thread(target=register, args=("abc",))
        other.start()
        other.join(timeout=0.3)
    other.join()
    with runtime.read() as unit:
        assert sorted(definitions.definitions_by_key(unit)) == ["custom.a", "custom.b", "custom.c"]


def test_a_field_is_defined_anew(runtime: Runtime) -> None:
    with runtime.write() as unit:
        definitions.define(
            unit, "custom.size", "number_integer", validations={"max": 10}, name="Size", is_required=True
        )
        again = definitions.define(unit, "custom.size", "number_decimal")
    with runtime.read() as unit:
        assert definitions.definitions_by_key(unit) == {"custom.size": again}
        assert (again.name, again.type, again.validations, again.is_required) == ("Size", "number_decimal", {}, False)


@pytest.mark.parametrize(
    ("key", "type", "options"),
    [
        ("size", "boolean", {}),
        ("custom.", "boolean", {}),
        ("x" * 61 + ".a", "boolean", {}),
        ("custom.size", "colour", {}),
        ("custom.size", "boolean", {"min": 1}),
        ("custom.size", "number_integer", {"min": "few"}),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused(
    sqlite_runtime: Runtime, key: str, type: str, options: dict[str, Any]
) -> None:
    with sqlite_runtime.write() as unit, pytest.raises(Invalid):
        definitions.define(unit, key, type, validations=options)


def _product(runtime: Runtime, **fields: Metafield) -> UUID:
    with runtime.write() as unit:
        product = Product(handle="p", name="P")
        for key, field in fields.items():
            text = encode(field.type, field.value)
            kept = ProductMetafield(namespace="custom", key=key, value_type=field.type, value=text)
            product.metafields.append(kept)
        unit.session.add(product)
    return product.id


def test_a_value_is_got_typed(runtime: Runtime) -> None:
    weight = Metafield("weight", {"value": "2.5", "unit": "kg"})
    product_id = _product(runtime, pages=Metafield("number_integer", 12), net=weight)
    with runtime.read() as unit:
        assert definitions.get_metafield(unit, product_id, "custom.pages") == Metafield("number_integer", 12)
        assert definitions.get_metafield(unit, product_id, "custom.net") == weight
        assert definitions.find_metafield(unit, product_id, "custom.none") is None
        with pytest.raises(NotFound, match=r"custom\.none"):
            definitions.get_metafield(unit, product_id, "custom.none")


def test_a_type_does_not_change_under_values(runtime: Runtime) -> None:
    _product(runtime, pages=Metafield("number_integer", 12))
    with runtime.write() as unit:
        with pytest.raises(Conflict, match="1 of number_integer"):
            definitions.define(unit, "custom.pages", "boolean")
        definitions.define(unit, "custom.pages", "number_integer", validations={"min": 1})


def test_a_value_is_judged_by_the_definition_or_by_its_own_type() -> None:
    definition = definitions.Definition("product", "custom", "pages", "Pages", "number_integer", {"min": 1})
    assert definitions.fault_of(definition, "number_integer", 5) is None
    assert definitions.fault_of(definition, "single_line_text_field", "5") is None
    assert "below the least" in (definitions.fault_of(definition, "number_integer", 0) or "")
    assert "not a number" in (definitions.fault_of(definition, "single_line_text_field", "five") or "")
    assert definitions.fault_of(None, "single_line_text_field", "five") is None
    assert "not a number" in (definitions.fault_of(None, "number_integer", "five") or "")


LIMITED = [
    ("custom.size", "number_integer", {"max": 10}, "7", "11"),
    ("custom.code", "single_line_text_field", {"regex": "^[A-Z]+$"}, "AB", "ab"),
    ("custom.grade", "single_line_text_field", {"choices": ["fine", "coarse"]}, "fine", "rough"),
    ("custom.weight", "weight", {"max": {"value": "1", "unit": "kg"}}, '{"value": "999", "unit": "g"}', None),
]


@pytest.fixture
def limited(sqlite_runtime: Runtime) -> Runtime:
    with sqlite_runtime.write() as unit:
        for key, type_, validations, _, _ in LIMITED:
            definitions.define(unit, key, type_, validations=validations, is_required=key == "custom.grade")
    return sqlite_runtime


@pytest.mark.parametrize(("key", "type", "_limits", "good", "bad"), LIMITED)
def test_a_feed_keeps_to_the_definition(  # noqa: PLR0917  # a row of the table
    limited: Runtime, tmp_path: Path, key: str, type: str, _limits: Any, good: str, bad: str | None
) -> None:
    bad = bad or '{"value": "1001", "unit": "g"}'
    heading = f"metafield:{key}[{type}]"
    result = feed(
        limited, tmp_path, [{"sku": "A", "name": "A", heading: good}, {"sku": "B", "name": "B", heading: bad}]
    )
    assert result.created == 2
    found = by_sku(limited)
    assert (key in found["A"]["metafields"], key in found["B"]["metafields"]) == (True, False)
    assert [key in warning for warning in result.warnings] == [True]
    again = feed(limited, tmp_path, [{"sku": "A", "name": "A", heading: bad}])
    assert (again.updated, by_sku(limited)["A"]["metafields"]) == (0, found["A"]["metafields"])


@pytest.mark.parametrize(("key", "type", "_limits", "good", "bad"), LIMITED)
def test_a_person_keeps_to_the_definition(  # noqa: PLR0917  # a row of the table
    limited: Runtime, tmp_path: Path, key: str, type: str, _limits: Any, good: str, bad: str | None
) -> None:
    feed(limited, tmp_path, [{"sku": "A", "name": "A"}])
    with limited.write(ANN) as unit:
        editing.edit(unit, "A", {f"metafields.{key}": good})
    kept = by_sku(limited)["A"]["metafields"]
    assert kept[key]["type"] == type
    with limited.write(ANN) as unit, pytest.raises(Invalid, match=key):
        editing.edit(unit, "A", {f"metafields.{key}": bad or '{"value": "1001", "unit": "g"}'})
    assert by_sku(limited)["A"]["metafields"] == kept


def test_a_required_field_is_not_emptied(limited: Runtime, tmp_path: Path) -> None:
    heading = "metafield:custom.grade[single_line_text_field]"
    feed(limited, tmp_path, [{"sku": "A", "name": "A", heading: "fine"}])
    result = feed(limited, tmp_path, [{"sku": "A", "name": "A", heading: ""}])
    assert by_sku(limited)["A"]["metafields"]["custom.grade"]["value"] == "fine"
    assert ["custom.grade" in warning for warning in result.warnings] == [True]
    with limited.write(ANN) as unit, pytest.raises(Invalid, match="grade cannot be empty"):
        editing.edit(unit, "A", {"metafields.custom.grade": ""})


@pytest.mark.parametrize(("type", "typed"), [("boolean", "maybe"), ("json", "{"), ("list.number_integer", "1;2")])
def test_what_a_person_typed_wrongly_is_refused_in_words(
    sqlite_runtime: Runtime, tmp_path: Path, type: str, typed: str
) -> None:
    with sqlite_runtime.write() as unit:
        definitions.define(unit, "custom.flag", type)
    feed(sqlite_runtime, tmp_path, [{"sku": "A", "name": "A"}])
    with sqlite_runtime.write(ANN) as unit, pytest.raises(Invalid, match=r"custom\.flag"):
        editing.edit(unit, "A", {"metafields.custom.flag": typed})
