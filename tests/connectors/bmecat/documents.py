"""Small BMEcat documents of both versions."""

from __future__ import annotations

HEADER = """<HEADER><CATALOG><LANGUAGE>deu</LANGUAGE><CATALOG_ID>C</CATALOG_ID><CATALOG_VERSION>1</CATALOG_VERSION>
<DATETIME type="generation_date"><DATE>2026-03-01</DATE></DATETIME><CURRENCY>EUR</CURRENCY>
<MIME_ROOT>https://cdn.example.com/pics</MIME_ROOT></CATALOG>
<PARTIES><PARTY><PARTY_ID>m1</PARTY_ID><ADDRESS><NAME>Maker GmbH</NAME></ADDRESS></PARTY></PARTIES></HEADER>"""


def bmecat12(body: str, transaction: str = "T_NEW_CATALOG", header: str = HEADER) -> str:
    """Version 1.2, with the DTD reference that files of it carry."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><!DOCTYPE BMECAT SYSTEM "bmecat_new_catalog_1_2.dtd">'
        f'<BMECAT version="1.2">{header}<{transaction}>{body}</{transaction}></BMECAT>'
    )


def bmecat2005(body: str, transaction: str = "T_NEW_CATALOG") -> str:
    """Version 2005, with its namespace."""
    return (
        '<BMECAT version="2005.1" xmlns="http://www.bmecat.org/bmecat/2005.1">'
        f"{HEADER}<{transaction}>{body}</{transaction}></BMECAT>"
    )


def article(inner: str = "", key: str = "A1", name: str = "Ordner") -> str:
    """An article with a short description and whatever else; ``inner`` stands after the details."""
    details = f"<ARTICLE_DETAILS><DESCRIPTION_SHORT>{name}</DESCRIPTION_SHORT></ARTICLE_DETAILS>"
    return f'<ARTICLE mode="new"><SUPPLIER_AID>{key}</SUPPLIER_AID>{details}{inner}</ARTICLE>'


def priced(*prices: str, order: str = "") -> str:
    """An article with these ARTICLE_PRICE elements."""
    listed = f"<ARTICLE_PRICE_DETAILS>{''.join(prices)}</ARTICLE_PRICE_DETAILS>"
    return article(f"<ARTICLE_ORDER_DETAILS>{order}</ARTICLE_ORDER_DETAILS>{listed}")


def price(amount: str, kind: str = "net_customer", currency: str = "EUR", more: str = "") -> str:
    """One ARTICLE_PRICE."""
    return (
        f'<ARTICLE_PRICE price_type="{kind}"><PRICE_AMOUNT>{amount}</PRICE_AMOUNT>'
        f"<PRICE_CURRENCY>{currency}</PRICE_CURRENCY>{more}</ARTICLE_PRICE>"
    )
