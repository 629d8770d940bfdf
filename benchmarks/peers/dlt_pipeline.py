# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = ["dlt[sqlalchemy]>=1.20"]
#
# [tool.uv]
# exclude-newer = "2026-11-15T00:00:00Z"
# ///
"""dlt with its defaults: rows merged by SKU into a table of SQLite. Arguments: FILE FOLDER ROWS."""

import os
from collections.abc import Iterator

from clock import FOLDER, Clock, feed

os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"

import dlt  # it reads the environment when it is imported


@dlt.resource(name="products", primary_key="sku", write_disposition="merge")
def products() -> Iterator[dict[str, str]]:
    """The rows as they are."""
    yield from feed()


clock = Clock()
pipeline = dlt.pipeline(
    "feed",
    destination=dlt.destinations.sqlalchemy(f"sqlite:///{FOLDER}/dlt.db"),
    dataset_name="feed",
    pipelines_dir=str(FOLDER / "pipelines"),
)
pipeline.run(products())
clock.tell("dlt")
