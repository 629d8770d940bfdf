"""Our own JSON Lines export, read back as it was written: one product document a line."""

from mercat.connectors.documents.settings import DocumentSettings
from mercat.connectors.documents.supplier import DocumentFeed
from mercat.sdk.connector import Connector

__all__ = ["DocumentFeed", "connector"]

connector = Connector(title="Mercat JSON Lines", settings=DocumentSettings, supplier=DocumentFeed)
