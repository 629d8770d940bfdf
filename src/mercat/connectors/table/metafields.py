"""Names of metafields: as other tools write them in headings, or made from a heading of the supplier's own."""

from __future__ import annotations

import re

from xxhash import xxh3_64_hexdigest

from mercat.connectors.table.fields import metafield_type
from mercat.sdk.values import slug

# "Metafield: custom.CWS_A[list.single_line_text_field]" (Matrixify and Etilize's flat export), "metafields.custom.x",
# "Colour (product.metafields.shopify.color-pattern)" (Shopify's own export), "metafield:custom.x" (ours).
_HEADINGS = (
    re.compile(
        r"(?:variant )?metafields?\s*[:.]\s*(?P<ns>[^.\[\]]+)\.(?P<key>[^\[\]]+?)\s*(?:\[(?P<type>[^\]]*)\])?",
        re.IGNORECASE,
    ),
    re.compile(r".*\(product\.metafields\.(?P<ns>[^.()]+)\.(?P<key>[^()]+)\)", re.IGNORECASE),
)
_NOT_KEY = re.compile(r"[^A-Za-z0-9_-]+")
_KEY_LENGTH = 64
# Containers that only group a product's own attributes: their name says nothing.
_CONTAINERS = re.compile(r"^(?:attrs|attributes|specs|specifications|features|properties|details)\.", re.IGNORECASE)


def metafield_of_heading(heading: str) -> tuple[str, str] | None:
    """(``namespace.key``, type) where the heading itself names a metafield, else ``None``."""
    for form in _HEADINGS:
        found = form.fullmatch(heading.strip())
        if found is not None:
            written = found.groupdict().get("type")
            kind = metafield_type(written) if written else None
            namespace = _NOT_KEY.sub("_", found["ns"].strip())
            return f"{namespace.ljust(3, '_')[:255]}.{_key(found['key'])}", kind or "single_line_text_field"
    return None


def dynamic_target(column: str) -> tuple[str, str]:
    """(``namespace.key``, type) for a column that has no other place. The same column always gets the same name."""
    named = metafield_of_heading(column)
    if named is not None:
        return named
    return f"custom.{_key(slug(_CONTAINERS.sub('', column)).replace('-', '_') or column)}", "single_line_text_field"


def _key(text: str) -> str:
    key = _NOT_KEY.sub("_", text.strip()).strip("_")
    if len(key) > _KEY_LENGTH:
        # Two long names must not become one by being cut.
        key = f"{key[: _KEY_LENGTH - 9]}_{xxh3_64_hexdigest(text.encode())[:8]}"
    if not key:
        return f"field_{xxh3_64_hexdigest(text.encode())[:8]}"
    return key if len(key) >= 2 else f"{key}_"
