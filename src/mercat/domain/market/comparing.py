"""What moved between two lists of best sellers. Pure: ranks in, movements out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Movement = Literal["entered", "up", "down", "same", "unknown"]


def movement(rank: int, before: int | None, depth_before: int | None) -> Movement:
    """How a place moved. ``depth_before``: down to this rank the list before was whole; none where there was none.

    What was not in the list before entered it only where that reached as deep: below its end nothing is known.
    """
    if before is None:
        return "entered" if depth_before is not None and rank <= depth_before else "unknown"
    if before == rank:
        return "same"
    # A smaller number is a better rank.
    return "up" if rank < before else "down"


def left(now: Mapping[str, int], before: Mapping[str, int], depth: int) -> list[tuple[str, int]]:
    """(ASIN, its rank then) of what is gone from as much of the list as both tell, the best first."""
    gone = [(rank, asin) for asin, rank in before.items() if asin not in now and rank <= depth]
    return [(asin, rank) for rank, asin in sorted(gone)]
