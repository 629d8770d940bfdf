# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = ["sqlite-utils>=3.38"]
#
# [tool.uv]
# exclude-newer = "2026-11-15T00:00:00Z"
# ///
"""sqlite-utils: rows upserted by SKU into one table. Arguments: FILE FOLDER ROWS."""

import sqlite_utils
from clock import FOLDER, Clock, feed

clock = Clock()
database = sqlite_utils.Database(FOLDER / "sqlite_utils.db")
database["products"].upsert_all(feed(), pk="sku")
database.close()
clock.tell("sqlite-utils")
