"""Codes of refusals are Shopify's own words."""

from __future__ import annotations

import ast
from pathlib import Path

from graphql import is_enum_type

import mercat.sandbox.shopify as package
from mercat.sandbox.shopify.schema import load


def refusals() -> list[tuple[str, str]]:
    """Where in the sandbox a refusal carries which code."""
    found = []
    for path in Path(package.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Refused", "user_error"}:
                found += [
                    (f"{path.name}:{node.lineno}", each.value)
                    for each in node.args[2:3]
                    if isinstance(each, ast.Constant) and each.value
                ]
    return found


def test_every_code_is_a_word_of_the_schema() -> None:
    words = {
        value
        for name, kind in load().type_map.items()
        if is_enum_type(kind) and name.endswith("Code")
        for value in kind.values
    }
    found = refusals()
    assert len(found) > 80
    assert [(place, code) for place, code in found if code not in words] == []
