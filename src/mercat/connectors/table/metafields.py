"""Which metafield a column is, by its heading: named there, or made from the supplier's own words."""

from __future__ import annotations

import re

from mercat.connectors.table.fields import metafield_type
from mercat.sdk import metafields

# Containers that only group a product's own attributes: their name says nothing.
_CONTAINERS = re.compile(r"^(?:attrs|attributes|specs|specifications|features|properties|details)\.", re.IGNORECASE)


def metafield_of_heading(heading: str) -> tuple[str, str] | None:
    """(``namespace.key``, type) where the heading itself names a metafield, else ``None``."""
    named = metafields.heading(heading)
    if named is None:
        return None
    return named.name, (named.type and metafield_type(named.type)) or metafields.TEXT


def dynamic_target(column: str) -> tuple[str, str]:
    """(``namespace.key``, type) for a column that has no other place. The same column always gets the same name."""
    named = metafield_of_heading(column)
    return named or (f"custom.{metafields.key(_CONTAINERS.sub('', column))}", metafields.TEXT)
