"""The registry of custom fields, on every database."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID

import pytest

from mercat.core.errors import Conflict, Invalid, NotFound
from mercat.core.unit import Runtime
from mercat.domain.catalog import definitions
from mercat.domain.catalog.metafields import encode
from mercat.domain.catalog.models import Product, ProductMetafield
from mercat.sdk.records import Metafield


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
