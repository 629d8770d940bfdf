"""What people paste, and what pages say, is understood wherever it comes from."""

import pytest

from mercat.sdk.availability import availability
from mercat.sdk.marketplaces import MARKETPLACES, listing_at, marketplace, marketplace_of_keepa

US, DE = MARKETPLACES["US"], MARKETPLACES["DE"]


def test_the_registry_has_no_doubles() -> None:
    assert len(MARKETPLACES) >= 18
    for name in ("id", "domain"):
        assert len({getattr(each, name) for each in MARKETPLACES.values()}) == len(MARKETPLACES)
    assert [marketplace_of_keepa(each.keepa).code for each in MARKETPLACES.values() if each.keepa] == [
        each.code for each in MARKETPLACES.values() if each.keepa
    ]


@pytest.mark.parametrize("word", ["DE", "de", "amazon.de", "www.amazon.de", "A1PA6795UKMFR9"])
def test_a_marketplace_has_many_names(word: str) -> None:
    assert marketplace(word) is DE


def test_britain_is_called_both_ways() -> None:
    assert marketplace("GB") is marketplace("uk") is marketplace("co.uk")


@pytest.mark.parametrize(
    ("pasted", "asin", "code"),
    [
        ("https://www.amazon.com/dp/B0F7XPYCSJ", "B0F7XPYCSJ", "US"),
        ("https://www.amazon.de/Some-Title-%C3%9C/dp/b0f7xpycsj/ref=sr_1_1?keywords=x", "B0F7XPYCSJ", "DE"),
        ("amazon.co.jp/gp/product/4798157651", "4798157651", "JP"),
        ("https://www.amazon.com.mx/gp/aw/d/B0F7XPYCSJ?th=1", "B0F7XPYCSJ", "MX"),
        ("http://smile.amazon.co.uk/product-reviews/B0F7XPYCSJ", "B0F7XPYCSJ", "UK"),
        ("https://www.amazon.fr/s?asin=B0F7XPYCSJ", "B0F7XPYCSJ", "FR"),
        ("  b0f7xpycsj ", "B0F7XPYCSJ", "US"),
    ],
)
def test_a_listing_is_found_in_what_is_pasted(pasted: str, asin: str, code: str) -> None:
    assert listing_at(pasted, default=US) == (asin, MARKETPLACES[code])


@pytest.mark.parametrize(
    ("pasted", "says"),
    [
        ("https://www.amazon.com/gp/bestsellers", "names no product"),
        ("https://amazon.evil.example/dp/B0F7XPYCSJ", "no address at a marketplace"),
        ("https://notamazon.com/dp/B0F7XPYCSJ", "no address at a marketplace"),
        ("https://www.amazon.xx/dp/B0F7XPYCSJ", "no address at a marketplace"),
        ("https://www.amazon.com/dp/B0F7XPYCSJ9", "names no product"),
        ("B0F7XPYC", "is no ASIN"),
        ("BESTSELLER", "is no ASIN"),
        ("http://[", "no address"),
    ],
)
def test_what_names_no_listing_is_refused_with_the_reason(pasted: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        listing_at(pasted, default=US)


def test_an_asin_alone_needs_a_marketplace() -> None:
    with pytest.raises(ValueError, match="where it is sold"):
        listing_at("B0F7XPYCSJ")


@pytest.mark.parametrize(
    ("said", "language", "in_stock", "quantity"),
    [
        ("In Stock", "en", True, None),
        ("Only 3 left in stock - order soon.", "en", True, 3),
        ("Currently unavailable.", "en", False, 0),
        ("Auf Lager", "de", True, None),
        ("Nur noch 2 auf Lager", "de", True, 2),
        ("Derzeit nicht verfügbar.", "de", False, 0),
        ("Disponible", "es", True, None),
        ("No disponible por el momento.", "es", False, 0),
        ("Solo queda 1 en stock", "es", True, 1),
        ("在庫あり。", "ja", True, None),
        ("現在在庫切れです。", "ja", False, 0),
        ("残り3点 ご注文はお早めに", "ja", True, 3),
        ("残り\uff13点", "ja", True, 3),
        ("Il ne reste plus que 4 exemplaire(s) en stock.", "fr", True, 4),
        ("Non disponibile.", "it", False, 0),
        ("Niet op voorraad", "nl", False, 0),
        ("Não disponível.", "pt", False, 0),
        ("Finns inte i lager", "sv", False, 0),
        ("Obecnie niedostępny.", "pl", False, 0),
        ("Stokta yok", "tr", False, 0),
        ("In Stock", "ja", True, None),
        ("wxyz", "en", None, None),
        ("", "de", None, None),
    ],
)
def test_availability_is_read_in_its_own_language(
    said: str, language: str, in_stock: bool | None, quantity: int | None
) -> None:
    assert availability(said, language) == (in_stock, quantity)
