"""Every operation is valid in the versions of the API that are supported, and asks for nothing that is on its way out."""

from __future__ import annotations

import gzip
import json
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from graphql import GraphQLSchema, NoDeprecatedCustomRule, build_client_schema, parse, specified_rules, validate

from mercat.connectors.shopify import operations as offered
from mercat.connectors.shopify.bulk_operations import name_of, named
from mercat.connectors.shopify.documents import document, operations
from mercat.connectors.shopify.operations import Operation
from tests.shared_data import shared

# Its text is what a bulk query runs; the operation that is sent is BulkQuery.
RUN_IN_BULK_ONLY = {"ProductsAll"}


@cache
def schema(version: str) -> GraphQLSchema:
    """The newest version lies beside the loopback shop; the one before it is not committed."""
    if version == "2026-10":
        packed = files("mercat.sandbox.shopify").joinpath(f"official/admin_{version}.introspection.nodesc.json.gz")
        content = packed.read_bytes()
    else:
        content = shared("specs", "shopify", f"admin_{version}.introspection.json.gz").read_bytes()
    # Shopify's own schema breaks a rule of the specification in six places.
    return build_client_schema(json.loads(gzip.decompress(content))["data"], assume_valid=True)


@pytest.mark.parametrize("version", ["2026-10", pytest.param("2026-07", marks=pytest.mark.shared)])
@pytest.mark.parametrize("name", operations())
def test_an_operation_is_valid_and_uses_nothing_deprecated(name: str, version: str) -> None:
    found = validate(schema(version), parse(document(name)), [*specified_rules, NoDeprecatedCustomRule])

    assert [error.message for error in found] == []


@pytest.mark.parametrize(
    "text",
    ["query A { shop { id nothing } }", "query A { products { nodes { bodyHtml } } }", "query A { product { id } }"],
)
def test_what_is_wrong_would_be_found(text: str) -> None:
    assert validate(schema("2026-10"), parse(text), [*specified_rules, NoDeprecatedCustomRule]) != []


def declared() -> dict[str, Operation[Any]]:
    return {each.name: each for each in vars(offered).values() if isinstance(each, Operation)}


def test_every_document_is_an_operation_and_every_operation_a_document() -> None:
    assert set(declared()) == set(operations()) - RUN_IN_BULK_ONLY


@pytest.mark.parametrize("name", operations())
def test_a_document_bears_its_own_name_and_says_it_once(name: str) -> None:
    definitions = parse(document(name)).definitions

    assert [each.name.value for each in definitions].count(name) == 1  # type: ignore[attr-defined]
    assert len({each.name.value for each in definitions}) == len(definitions)  # type: ignore[attr-defined]


def test_a_document_under_another_name_is_the_same_but_for_that() -> None:
    name = name_of("a key")

    assert named(document("ProductSet"), name).replace(name, "ProductSet", 1) == document("ProductSet")
    assert parse(named(document("ProductSet"), name)).definitions[0].name.value == name  # type: ignore[attr-defined]
