"""What a merchant may set of publishing."""

from __future__ import annotations

from mercat.domain.operations import service as operations

BULK_FROM: operations.Key[int] = operations.declare(
    operations.Key(
        "publish.bulk_from",
        "integer",
        0,
        "from so many pending listings on they are sent as a batch, where the channel can; 0 leaves it to the channel",
        "a number of listings, 0 to 9999999",
        r"\d{1,7}",
    )
)
