"""Supplier files of any kind and any dirt, read as streams: tables of cells or keyed records."""

from mercat.sdk.feeds.archives import Member, open_members
from mercat.sdk.feeds.encodings import Encoding, detect_encoding
from mercat.sdk.feeds.options import ReadLimits, ReadOptions
from mercat.sdk.feeds.reading import read, read_records, read_table
from mercat.sdk.feeds.sniffing import sniff
from mercat.sdk.feeds.tables import Records, Table
from mercat.sdk.feeds.xmls import iterate_xml

__all__ = [
    "Encoding",
    "Member",
    "ReadLimits",
    "ReadOptions",
    "Records",
    "Table",
    "detect_encoding",
    "iterate_xml",
    "open_members",
    "read",
    "read_records",
    "read_table",
    "sniff",
]
