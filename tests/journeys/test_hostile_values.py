"""Values as they come: what cannot be kept is mended or left out and said, and the run goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from mercat.core.unit import Runtime
from mercat.domain.suppliers.models import FeedReject
from mercat.sdk.records import BadRow, FeedRow, ImageRecord, Metafield, OfferRecord, ProductRecord, VariantRecord
from tests.domain import proving

LONG = "<p>" + "lorem ipsum — 🦊 " * 6_000 + "</p>"


def test_a_real_file_of_hostile_values_ends_alike_everywhere(runtime: Runtime, tmp_path: Path) -> None:
    rows = [
        {"SKU": "E", "Title": "Fox 🦊 &amp;amp; Co", "Text": LONG},
        {"SKU": "F", "Title": "=SUM(A1:A9)", "Brand": "@cmd", "Text": "+1"},
        {"SKU": "H", "Title": "Tom &amp; Ann", "Text": '<p onclick="x()">a<script>alert(1)</script><b>b</b></p>'},
        {"SKU": "ab-1", "Title": "Small"},
        {"SKU": "AB-1", "Title": "Great"},
        {"SKU": "AB-1  ", "Title": "Great, with blanks"},
        {"SKU": "N", "Title": "Nu\x00l \x01 bell\x07"},
        {"SKU": "B", "Title": "Back", "Text": "one\n\\.\ntwo", "Brand": "\\N"},
        {"SKU": "P1", "Title": "Price", "Price": "1234567890123456"},
        {"SKU": "P2", "Title": "Price", "Price": "922337203685477.5807", "Cost": "1e40", "Stock": "99999999999"},
        {"SKU": "P3", "Title": "Price", "Price": "-5", "Cost": "-1"},
        {"SKU": "L" * 256, "Title": "Long code"},
        {"SKU": "T", "Title": "T" * 2000, "Brand": "B" * 300},
    ]
    columns = ["SKU", "Title", "Text", "Brand", "Price", "Cost", "Stock"]
    path = tmp_path / "hostile.csv"
    proving.write_csv(tmp_path, rows, columns).rename(path)
    done = proving.feed(runtime, path)
    assert (done.status, done.rows, done.created, done.duplicates, done.rejected) == ("applied", 13, 11, 1, 1)
    found = proving.by_sku(runtime)
    assert (found["E"]["name"], found["F"]["name"], found["H"]["name"]) == (
        "Fox 🦊 &amp; Co",
        "=SUM(A1:A9)",
        "Tom & Ann",
    )
    assert (found["F"]["brand"], found["F"]["description"], found["B"]["brand"]) == ("@cmd", "+1", "\\N")
    assert "script" not in found["H"]["description"]
    assert "onclick" not in found["H"]["description"]
    assert "<b>b</b>" in found["H"]["description"]
    assert "\n\\.\n" in found["B"]["description"]
    assert len(found["E"]["description"]) > 90_000
    assert "🦊" in found["E"]["description"]
    assert (found["ab-1"]["name"], found["AB-1"]["name"]) == ("Small", "Great, with blanks")
    assert not set("\x00\x01\x07") & set(found["N"]["name"])
    assert [found[sku]["variants"][0]["price"] for sku in ("P1", "P2", "P3")] == [None, "922337203685477.5807", None]
    assert (len(found["T"]["name"]), len(found["T"]["brand"])) == (1000, 255)
    for code, told in (("P1", "beyond 922"), ("P3", "below zero"), ("P2", "left out"), ("T", "cut")):
        assert any(code in each and told in each for each in done.warnings), (code, told, done.warnings)
    again = proving.feed(runtime, path, settings={**proving.settings_for(columns), "list_separator": "|"})
    assert (again.created, again.updated, again.conflicts) == (0, 0, 0)
    proving.undo(runtime, done)


def test_halves_of_characters_in_json_stop_nothing(runtime: Runtime, tmp_path: Path) -> None:
    path = tmp_path / "torn.jsonl"
    lines = [
        {"handle": "a", "name": "half \ud83e fox", "variants": [{"sku": "A"}]},
        {"handle": "b", "name": "nul \x00 end", "variants": [{"sku": "B"}]},
        {"handle": "c", "name": "good", "variants": [{"sku": "C"}]},
    ]
    path.write_text("\n".join(json.dumps(each) for each in lines), encoding="utf-8")
    done = proving.feed(runtime, path, connector="mercat-jsonl")
    assert done.status == "applied"
    assert done.created + done.rejected == 3
    assert proving.by_sku(runtime)["C"]["name"] == "good"


def _hostile(**more: Any) -> ProductRecord:
    return ProductRecord(name="Good", **more)


ODD: dict[str, ProductRecord] = {
    "nul": ProductRecord(name="a\x00b", tags=["x\x00", "\x01"], variants=[VariantRecord(options={"S\x00": "L\x00"})]),
    "control alone": _hostile(brand="\x01", seo_title="\x01"),
    "surrogate": ProductRecord(name="a\ud800b", metafields={"custom.x": Metafield("json", {"k\udfff": ["\ud83e"]})}),
    "options": _hostile(variants=[VariantRecord(options={"Size": "L" * 300, "N" * 300: "x", "Color": "red"})]),
    "codes": _hostile(
        variants=[VariantRecord(identifiers={"asin": ["X" * 300, " B01 "], "s" * 70: ["1"], "ean": [""]})]
    ),
    "barcode": _hostile(variants=[VariantRecord(barcode="٠١٢٣٤٥٦٧"), VariantRecord(sku="other", barcode="12-34")]),
    "currency": _hostile(variants=[VariantRecord(price="1", currency="€€€")]),
    "offer": _hostile(offer=OfferRecord(cost="1" * 30, quantity_available=2**40, pack_size=-(2**33), currency="euros")),
    "offer below": _hostile(offer=OfferRecord(cost="-3", minimum_order_quantity=2**31)),
    "amounts": _hostile(variants=[VariantRecord(price="NaN", weight="Infinity", length="1e400", width="0.00001")]),
    "picture": _hostile(images=[ImageRecord(url="https://x", source=("s" * 99, "i" * 999, "v"))]),
    "metafield": _hostile(metafields={"nodot": Metafield("json", 1), "a" * 99 + ".b": Metafield("json", 1)}),
    "type": _hostile(metafields={"custom.n": Metafield("number_integer", "many"), "custom.d": Metafield("date", "x")}),
    "status": _hostile(status="sold out"),
    "category": _hostile(category=" > ".join("x" * 300 for _ in range(3))),
    "deep": _hostile(category=" > ".join(str(n) for n in range(300))),
    "handle": _hostile(handle="same  "),
    "handle too": _hostile(handle="same"),
    "units": _hostile(variants=[VariantRecord(weight="1", weight_unit="kilograms", hs_code="9" * 50)]),
    "backslash": _hostile(description='\\.\n"\\N",\r\n\t\\', brand="\\."),
}


def test_no_record_of_any_connector_can_stop_a_run(runtime: Runtime) -> None:
    """Each is taken, if need be without what cannot be kept; the second time, as an update, too."""
    for turn in range(2):
        batch: list[FeedRow | BadRow] = [FeedRow(f"K{n}", n, turn, each) for n, each in enumerate(ODD.values())]
        batch += [
            FeedRow("bad\x00key", 90, turn, _hostile()),
            FeedRow("bad\ud800key", 91, turn, _hostile()),
            FeedRow("  ", 92, turn, _hostile()),
            FeedRow("blank ", 93, turn, _hostile()),
            FeedRow("blank", 94, turn, _hostile()),
            BadRow(95, "raw \x00 \ud800", "why \x00"),
            FeedRow("refused", 96, turn, "no \x00 \ud800"),
        ]
        change_set, staging = proving.say(runtime, [batch])
        told = [change_set.counts[name] for name in ("rejected", "duplicates", "conflicts")]
        # Of two nameless variants none can be told from the other: that one is refused as well.
        assert told == [6, 1, 0], staging.planner.warnings
    found = proving.by_sku(runtime)
    assert len(found) == len(ODD)
    assert not any("\x00" in json.dumps(each, ensure_ascii=False) for each in found.values())
    with runtime.read() as unit:
        reasons = unit.session.scalars(select(FeedReject.reason)).all()
    assert len(reasons) == 12


@pytest.mark.parametrize("count", [3])
def test_a_million_warnings_do_not_pile_up(count: int, sqlite_runtime: Runtime) -> None:
    rows = [FeedRow(f"K{n}", n, 1, _hostile(status="sold out")) for n in range(400 * count)]
    _, staging = proving.say(sqlite_runtime, [rows])
    assert len(staging.planner.warnings) == 1001
    assert staging.planner.warnings[-1] == f"... and {400 * count - 1000} more warnings"
