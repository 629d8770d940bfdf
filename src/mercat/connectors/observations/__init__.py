"""Files of observations: what anybody saw at a marketplace, as CSV, JSON Lines or a workbook."""

from mercat.connectors.observations.files import ObservationReader
from mercat.connectors.observations.settings import ObservationSettings
from mercat.sdk.connector import Connector

__all__ = ["ObservationReader", "connector"]

connector = Connector(title="Observation files", settings=ObservationSettings, observations=ObservationReader)
