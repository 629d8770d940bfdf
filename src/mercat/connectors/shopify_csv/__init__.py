"""Shopify's product CSV, as its admin exports it."""

from mercat.connectors.shopify_csv.export import ShopifyCsvExporter
from mercat.connectors.shopify_csv.settings import ShopifyCsvSettings
from mercat.connectors.shopify_csv.supplier import ShopifyCsvFeed
from mercat.sdk.connector import Connector

connector = Connector(
    title="Shopify product CSV",
    settings=ShopifyCsvSettings,
    supplier=ShopifyCsvFeed,
    exporter=ShopifyCsvExporter,
)
