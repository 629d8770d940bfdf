# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = ["django-oscar>=4.1", "setuptools<81", "sorl-thumbnail>=12"]
#
# [tool.uv]
# exclude-newer = "2026-11-15T00:00:00Z"
# ///
"""django-oscar's CatalogueImporter into SQLite. Arguments: FILE FOLDER ROWS.

It knows nine columns: class, category, UPC, title, description, partner, the partner's SKU, price, stock.
"""

import csv
import logging

from clock import FOLDER, Clock, feed
from oscar_shop import open_shop

open_shop()

from oscar.apps.partner.importers import CatalogueImporter  # noqa: E402  # as above

nine = FOLDER / "oscar.csv"
_FIRST = ("product_type", "category", "gtin", "name", "description")
with nine.open("w", newline="", encoding="utf-8") as out:
    csv.writer(out).writerows(
        [*(each[name] for name in _FIRST), "benchmark", each["sku"], each["price"], each["quantity"]] for each in feed()
    )
clock = Clock()
CatalogueImporter(logging.getLogger("oscar")).handle(str(nine))
clock.tell("django-oscar")
