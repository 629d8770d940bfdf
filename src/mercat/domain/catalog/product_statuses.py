"""Which statuses can a product have? Pure."""

from __future__ import annotations

from collections.abc import Iterable

from mercat.core.errors import Invalid
from mercat.domain.catalog.models.products import PRODUCT_STATUSES


def refuse_unknown(statuses: Iterable[str]) -> None:
    """Raises ``Invalid``, which lists the statuses that there are."""
    unknown = set(statuses) - set(PRODUCT_STATUSES)
    if unknown:
        message = f"no product is {', '.join(sorted(unknown))}: a status is one of {', '.join(PRODUCT_STATUSES)}"
        raise Invalid(message)
