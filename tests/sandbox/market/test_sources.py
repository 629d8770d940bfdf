"""The connectors against their sandboxes over HTTP, and both against the official models."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx2
import msgspec
import pytest

from mercat.connectors.amazon import answers
from mercat.connectors.amazon.settings import AmazonSecrets, AmazonSettings
from mercat.connectors.amazon.source import AmazonSource
from mercat.connectors.keepa.settings import KeepaSecrets, KeepaSettings
from mercat.connectors.keepa.source import KeepaSource
from mercat.core import clock
from mercat.core.border import unit_open
from mercat.core.unit import Runtime
from mercat.domain.market import service as market
from mercat.sandbox.market import KINDS, RunningSource, running
from mercat.sdk.channels import Call, Surroundings, Token
from mercat.sdk.errors import RateLimited, Unauthorized, Unavailable
from mercat.sdk.market import Look, MarketSource, NotListed, Observation, Wanted
from mercat.sdk.marketplaces import MARKETPLACES
from tests.shared_data import shared
from tests.shops import ANN

ASINS = [f"B0{n:08}" for n in range(45)]
Make = Callable[..., tuple[MarketSource, list[Call]]]


def make(sandbox: RunningSource, kind: str, **wrong: str) -> tuple[MarketSource, list[Call], list[float]]:
    """A source with its credentials, the calls that it told of, and how long it paused."""
    calls: list[Call] = []
    pauses: list[float] = []
    tokens: list[Token] = []
    around = Surroundings(
        load_token=lambda: tokens[-1] if tokens else None,
        save_token=tokens.append,
        called=calls.append,
        pause=pauses.append,
        allow_private=True,
    )
    secrets = {**sandbox.api.credentials, **wrong}
    if kind == "keepa":
        settings = KeepaSettings(address=sandbox.url, buybox=True)
        return KeepaSource(settings, KeepaSecrets.model_validate(secrets), around), calls, pauses
    return (
        AmazonSource(AmazonSettings(address=sandbox.url), AmazonSecrets.model_validate(secrets), around),
        calls,
        pauses,
    )


def looks(source: MarketSource, *asins: str, place: str = "US") -> dict[str, Look]:
    return {each.asin: each for each in source.observe([Wanted(asin, place) for asin in asins])}


@pytest.mark.parametrize("kind", KINDS)
def test_listings_are_seen_as_the_market_has_them(kind: str) -> None:
    with running(kind) as sandbox:
        source, calls, _ = make(sandbox, kind)
        sandbox.world.change(1, ASINS[0], {"price": 1999, "rank": 7, "seller": "A1SANDBOX0002"})
        sandbox.world.change(1, ASINS[1], {"in_stock": False})
        sandbox.world.change(1, ASINS[2], {"gone": True})
        found = looks(source, *ASINS)

        assert found.keys() == set(ASINS)
        first, empty = found[ASINS[0]].seen, found[ASINS[1]].seen
        assert first is not None
        assert (first.price, first.buybox_price, first.sales_rank, first.seller_id) == (
            "19.99",
            "19.99",
            7,
            "A1SANDBOX0002",
        )
        assert (first.in_stock, first.currency) == (True, "USD")
        assert first.facts is not None
        assert first.facts.title
        assert empty is not None
        assert (empty.price, empty.in_stock) == (None, False)
        assert isinstance(found[ASINS[2]].error, NotListed)
        assert clock.now() - first.observed_at < dt.timedelta(minutes=5)
        assert sum(call.endpoint != "token" for call in calls) <= 6


@pytest.mark.parametrize("kind", KINDS)
def test_yen_have_nothing_behind_the_point(kind: str) -> None:
    with running(kind) as sandbox:
        sandbox.world.change(5, ASINS[0], {"price": 1980})
        secrets = sandbox.api.credentials
        around = Surroundings(
            load_token=lambda: None,
            save_token=lambda _: None,
            called=lambda _: None,
            pause=lambda _: None,
            allow_private=True,
        )
        source: MarketSource = (
            KeepaSource(KeepaSettings(address=sandbox.url), KeepaSecrets.model_validate(secrets), around)
            if kind == "keepa"
            else AmazonSource(
                AmazonSettings(address=sandbox.url, region="fe"), AmazonSecrets.model_validate(secrets), around
            )
        )
        seen = looks(source, ASINS[0], place="JP")[ASINS[0]].seen
        assert seen is not None
        assert (seen.price, seen.currency) == ("1980", "JPY")


@pytest.mark.parametrize("kind", KINDS)
def test_wrong_credentials_are_unauthorized_and_never_told(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    with running(kind) as sandbox:
        wrong = dict.fromkeys(sandbox.api.credentials, "wrong-secret-77")
        source, calls, _ = make(sandbox, kind, **wrong)
        with pytest.raises(Unauthorized) as refused:
            source.allowance()
        told = f"{refused.value} {calls!r} {source!r} {caplog.text}"
        assert "wrong-secret-77" not in told


@pytest.mark.parametrize("kind", KINDS)
def test_no_request_goes_out_while_a_unit_is_open(kind: str) -> None:
    with running(kind) as sandbox:
        source, _, _ = make(sandbox, kind)
        with unit_open(), pytest.raises(RuntimeError, match="open unit"):
            source.allowance()
        assert not sandbox.world.calls


@pytest.mark.parametrize(
    ("kind", "faults", "raised"),
    [
        ("keepa", ["429"], RateLimited),
        ("keepa", ["500"], Unavailable),
        ("keepa", ["garbage"], Unavailable),
        ("keepa", ["expired"], Unauthorized),
        ("amazon", ["429"] * 3, RateLimited),
        ("amazon", ["503"] * 3, Unavailable),
        ("amazon", ["500"] * 3, Unavailable),
        ("amazon", ["garbage"], Unavailable),
    ],
)
def test_each_fault_has_its_kind_and_is_counted(kind: str, faults: list[str], raised: type[Exception]) -> None:
    with running(kind) as sandbox:
        source, calls, _ = make(sandbox, kind)
        source.allowance()
        sandbox.world.faults.extend(faults)
        with pytest.raises(raised) as failed:
            looks(source, ASINS[0])
        assert not sandbox.world.faults
        assert calls[-1].status in {200, 402, 429, 500, 503}
        if isinstance(failed.value, RateLimited):
            assert failed.value.after_s > 0


@pytest.mark.parametrize("fault", ["429", "500", "503", "expired"])
def test_amazon_is_asked_again_where_that_helps(fault: str) -> None:
    with running("amazon") as sandbox:
        source, calls, pauses = make(sandbox, "amazon")
        source.allowance()
        sandbox.world.faults.append(fault)
        assert looks(source, ASINS[0])[ASINS[0]].seen is not None
        assert sum(call.endpoint == "token" for call in calls) == (2 if fault == "expired" else 1)
        assert bool(pauses) == (fault != "expired")


def test_keepas_bucket_is_not_overdrawn() -> None:
    with running("keepa") as sandbox:
        source, _, _ = make(sandbox, "keepa")
        sandbox.api.tokens = 9.0  # type: ignore[union-attr]  # Keepa's
        sandbox.api.rate = 1  # type: ignore[union-attr]  # so slowly that nothing comes meanwhile
        assert source.allowance() == 2  # four tokens each
        with pytest.raises(RateLimited) as slow:
            looks(source, *ASINS[:5])
        assert slow.value.after_s > 60
        assert sandbox.world.calls["/product"] == 0


def test_a_sandbox_is_connected_watched_and_remembered(runtime: Runtime) -> None:
    with running("keepa") as sandbox:
        market.add_source(runtime, ANN, market.sandbox_draft("box", "keepa", sandbox.url))
        done = market.import_past(runtime, ANN, "box", [Wanted(ASINS[0], "US")])
        runtime.attempt(lambda unit: market.track(unit, market.TrackDraft(ASINS[0], "US", source="box")), ANN)
        told = market.refresh(runtime, ANN, "box")
    assert (told.new, told.status) == (1, "success")
    assert done.new >= 60
    with runtime.read(ANN) as unit:
        [price] = market.history(unit, ASINS[0], fields=["price"], days=365).metrics
        [source] = market.list_sources(unit)
    [known] = [each for (_, asin), each in sandbox.world.told.items() if asin == ASINS[0]]
    kept = [None if each.value is None else int(Decimal(each.value) * 100) for each in price.points]
    assert kept[: len(known.history)] == [None if value == -1 else value for _, value in known.history]
    assert (source.is_sandbox, source.listings) == (True, 1)


def test_amazons_reference_prices_come_where_they_are_wanted() -> None:
    with running("amazon") as sandbox:
        around = make(sandbox, "amazon")[0]._around  # type: ignore[attr-defined]  # as the others have it
        settings = AmazonSettings(address=sandbox.url, competitive_summary=True)
        source = AmazonSource(settings, AmazonSecrets.model_validate(sandbox.api.credentials), around)
        sandbox.world.change(1, ASINS[0], {"price": 1999})
        seen = looks(source, *ASINS[:2])[ASINS[0]].seen
        assert seen is not None
        assert (seen.price, seen.extra) == ("19.99", {"competitive_price_threshold": "19.99"})
        assert sandbox.world.calls[answers.PATH] == 1
        # Where nothing else told of offers, the summary does.
        bare = Observation(asin=ASINS[0], marketplace="US", observed_at=clock.now())
        told = msgspec.convert(
            {"asin": ASINS[0], "featuredBuyingOptions": [{"buyingOptionType": "New", "segmentedFeaturedOffers": [
                {"sellerId": "A1", "condition": "New", "fulfillmentType": "AFN", "listingPrice": {"amount": 5, "currencyCode": "USD"}}]}]},
            answers.Summary,
        )  # fmt: skip
        offered = answers.enriched(bare, told, MARKETPLACES["US"])
        assert (offered.buybox_price, offered.seller_id, offered.is_fba, offered.in_stock) == ("5", "A1", True, True)
        empty = answers.enriched(bare, answers.Summary(ASINS[0]), MARKETPLACES["US"])
        assert (empty.price, empty.in_stock) == (None, False)


def test_sandboxes_refuse_what_is_not_asked_rightly() -> None:
    with running("keepa") as keepa, running("amazon") as amazon, httpx2.Client(trust_env=False) as client:
        key = keepa.api.credentials["key"]
        for query in ({"key": key, "domain": "1", "asin": "B000000000", "colour": "red"}, {"key": key, "domain": "99"}):
            assert client.get(f"{keepa.url}/product", params=query).status_code == 400
        assert client.get(f"{amazon.url}/catalog/2022-04-01/items").status_code == 403
        assert client.post(f"{amazon.url}/auth/o2/token", data={"grant_type": "x"}).status_code == 400
        assert client.post(f"{keepa.url}/__sandbox__/faults", json={"next": ["fire"]}).status_code == 400
        assert client.post(f"{keepa.url}/__sandbox__/listing", json={"asin": "X"}).status_code == 400


@pytest.mark.shared
def test_what_the_sandboxes_answer_fits_the_official_models() -> None:
    jsonschema = pytest.importorskip("jsonschema_rs")
    schema = json.loads(gzip.decompress(shared("specs/keepa/keepa-backend.schema.json.gz").read_bytes()))
    response = jsonschema.validator_for({"$ref": "#/$defs/Response", "$defs": schema["$defs"]})
    with running("keepa") as sandbox, httpx2.Client(trust_env=False) as client:
        query = {"key": sandbox.api.credentials["key"], "domain": "1", "asin": ASINS[0], "history": "1", "stats": "1"}
        answer = client.get(f"{sandbox.url}/product", params={**query, "rating": "1", "buybox": "1"}).json()
        lists = {"key": query["key"], "domain": "1", "category": "3"}
        response.validate(client.get(f"{sandbox.url}/bestsellers", params=lists).json())
        response.validate(client.get(f"{sandbox.url}/category", params={**lists, "parents": "1"}).json())
    response.validate(answer)
    assert answer["products"][0]["stats"]["current"][1] > 0
    with running("amazon") as sandbox, httpx2.Client(trust_env=False) as client:
        form = {**sandbox.api.credentials, "grant_type": "refresh_token"}
        token = client.post(f"{sandbox.url}/auth/o2/token", data=form).json()["access_token"]
        client.headers["x-amz-access-token"] = token
        place = {"marketplaceIds": "ATVPDKIKX0DER", "identifiersType": "ASIN", "identifiers": ASINS[0]}
        included = "identifiers,images,productTypes,salesRanks,summaries"
        items = client.get(f"{sandbox.url}/catalog/2022-04-01/items", params={**place, "includedData": included}).json()
        asked = {"uri": f"/products/pricing/v0/items/{ASINS[0]}/offers", "method": "GET", "ItemCondition": "New"}
        body = {"requests": [{**asked, "MarketplaceId": "ATVPDKIKX0DER"}]}
        offers = client.post(f"{sandbox.url}/batches/products/pricing/v0/itemOffers", json=body).json()
        asked = answers.body_of([ASINS[0]], MARKETPLACES["US"])
        summary = client.post(f"{sandbox.url}{answers.PATH}", json=asked).json()
    _model("productPricing_2022-05-01", "CompetitiveSummaryBatchRequest", jsonschema).validate(asked)
    _model("productPricing_2022-05-01", "CompetitiveSummaryBatchResponse", jsonschema).validate(summary)
    _model("catalogItems_2022-04-01", "ItemSearchResults", jsonschema).validate(items)
    _model("productPricingV0", "GetItemOffersBatchResponse", jsonschema).validate(offers)
    _model("productPricingV0", "GetItemOffersBatchRequest", jsonschema).validate(body)


def _model(name: str, component: str, jsonschema: Any) -> Any:
    path = shared(f"specs/amazon-spapi/oas3/{name}.oas3.json.gz")
    document = json.loads(gzip.decompress(path.read_bytes()))
    return jsonschema.validator_for({"$ref": f"#/components/schemas/{component}", "components": document["components"]})
