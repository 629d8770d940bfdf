"""The suppliers' contract, inherited by every vendor connector."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from mercat.connectors.bmecat import connector as bmecat
from mercat.connectors.etilize import connector as etilize
from mercat.connectors.icecat import connector as icecat
from mercat.connectors.shopify_csv import connector as shopify_csv
from mercat.sdk.connector import Connector
from mercat.sdk.roles import SupplierFeed
from mercat.sdk.testing import SupplierContract
from tests.connectors.bmecat.documents import article, bmecat12
from tests.connectors.etilize_feed import flat_rows
from tests.connectors.feeding import feed


class _Vendor(SupplierContract):
    connector: Connector

    def make(self) -> SupplierFeed:
        return feed(self.connector)


def spoil_line(path: Path, spoilt: bytes) -> None:
    """Put another line in the place of the middle one."""
    lines = path.read_bytes().splitlines(keepends=True)
    lines[len(lines) // 2] = spoilt
    path.write_bytes(b"".join(lines))


def write_csv(path: Path, rows: Any) -> None:
    with path.open("w", encoding="utf-8", newline="") as text:
        csv.writer(text, lineterminator="\n").writerows(rows)


class TestShopifyCsv(_Vendor):
    connector = shopify_csv

    def write(self, path: Path, rows: int) -> None:
        header = ["Handle", "Title", "Option1 Name", "Option1 Value", "Variant SKU", "Variant Price", "Image Src"]
        body = (
            [f"p{n}", f"Product {n}", "Title", "Default Title", f"s{n}", f"{n % 100}.5", f"https://x/{n}"]
            for n in range(rows)
        )
        write_csv(path, [header, *body])

    def spoil(self, path: Path) -> None:
        spoil_line(path, b"p,torn\n")


class TestEtilizeFlat(_Vendor):
    connector = etilize
    # Several batches in both files; wide rows fill the caches of cells (which have an end) slowly.
    small_rows, large_rows = 3_000, 9_000
    allowance_bytes = 4 * 1024 * 1024

    def write(self, path: Path, rows: int) -> None:
        # One row a product: a picture row in the middle could be spoilt without anybody missing a product.
        kept = [row for row in flat_rows(rows, attributes=5) if row[1]]
        write_csv(path, kept)

    def spoil(self, path: Path) -> None:
        spoil_line(path, b"torn,row\n")


class TestIcecatJsonLines(_Vendor):
    connector = icecat
    suffix = ".jsonl"

    def write(self, path: Path, rows: int) -> None:
        line = (
            '{{"id":"{0}","title":"Toner {0}","supplier":"HP","ean":[],"price":{0}00,"attr_t_type":"Original {0}"}}\n'
        )
        path.write_text("".join(line.format(number) for number in range(1, rows + 1)), encoding="utf-8")

    def spoil(self, path: Path) -> None:
        spoil_line(path, b'{"id": "torn\n')


class TestIcecatXml(_Vendor):
    connector = icecat
    suffix = ".xml"
    torn_is_unreadable = True
    small_rows, large_rows = 500, 5_000

    def write(self, path: Path, rows: int) -> None:
        line = '<Product Code="1" ID="{0}" Prod_id="P{0}" Title="Toner {0}"><Supplier Name="HP"/></Product>\n'
        body = "".join(line.format(number) for number in range(1, rows + 1))
        path.write_text(f"<ICECAT-interface>\n{body}</ICECAT-interface>\n", encoding="utf-8")

    def spoil(self, path: Path) -> None:
        spoil_line(path, b'<Product Code="-1" ErrorMessage="no such product"/>\n')


class TestBmecat(_Vendor):
    connector = bmecat
    suffix = ".xml"
    torn_is_unreadable = True
    small_rows, large_rows = 2_000, 10_000

    def write(self, path: Path, rows: int) -> None:
        body = "".join(article(key=f"A{number}", name=f"Ordner {number}") + "\n" for number in range(rows))
        path.write_text(bmecat12("\n" + body), encoding="utf-8")

    def spoil(self, path: Path) -> None:
        spoil_line(path, b'<ARTICLE mode="new"><ARTICLE_DETAILS/></ARTICLE>\n')
