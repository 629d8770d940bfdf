"""What the commands of ``mercat market`` have in common."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from mercat.cli.display import say, shown
from mercat.cli.session import print_json
from mercat.domain.market import service as market

ListingArgument = Annotated[str, typer.Argument(metavar="ASIN", help="The ASIN, or Mercat's id of the listing.")]
MarketplaceOption = Annotated[
    str | None, typer.Option("--marketplace", "-m", metavar="CODE", help="Where, such as US, DE or JP.")
]
_MOST_REASONS = 10


def print_recorded(result: market.Recorded, *, as_json: bool) -> None:
    """What came of observations."""
    if as_json:
        print_json(asdict(result))
        return
    say(f"{result.seen:,} seen: {result.new:,} new, {result.duplicates:,} known, {result.refused:,} refused.")
    if result.created:
        say(f"{result.created:,} listings are watched from now on.")
    for reason in result.reasons[:_MOST_REASONS]:
        say(f"  {shown(reason, most=200)}", style="yellow")
