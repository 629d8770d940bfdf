"""Ordinary tables and keyed records (CSV, workbooks, JSON, XML), read by a profile."""

from mercat.connectors.table.settings import TableSettings
from mercat.connectors.table.supplier import TableFeed
from mercat.sdk.connector import Connector

__all__ = ["TableFeed", "TableSettings", "connector"]

connector = Connector(title="Table", settings=TableSettings, supplier=TableFeed)
