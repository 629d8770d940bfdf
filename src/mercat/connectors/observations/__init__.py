"""Files of what anybody saw at a marketplace: listings, lists of best sellers, reviews; as CSV, JSON Lines or a workbook."""

from functools import partial

from mercat.connectors.observations.files import OBSERVATIONS, RANKINGS, REVIEWS, Rows
from mercat.connectors.observations.settings import ObservationSettings
from mercat.sdk.connector import Connector

__all__ = ["connector"]

connector = Connector(
    title="Observation files",
    settings=ObservationSettings,
    observations=partial(Rows, shape=OBSERVATIONS),
    rankings=partial(Rows, shape=RANKINGS),
    reviews=partial(Rows, shape=REVIEWS),
)
