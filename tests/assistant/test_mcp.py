"""A real client of the protocol, over standard input and output and over HTTP: it reads, it proposes, and it changes nothing."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
import uvicorn
from mcp import StdioServerParameters
from mcp.client.client import Client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from mercat.api.app import make_app
from mercat.assistant.server import OverHttp
from mercat.core.unit import Runtime
from mercat.domain import register_configurable, register_hearing, register_jobs
from mercat.domain.access import service as access
from tests.api.people import TERMINAL
from tests.domain.alerts.signals import give, state
from tests.domain.market.conftest import ASIN, record, seen, track
from tests.shops import by_sku, feed

A5 = {
    "get_product_details", "search_products", "get_price_history", "get_bsr_history", "get_competitor_analysis",
    "trigger_product_refresh", "get_user_products", "update_product_info", "update_user_product_settings",
    "toggle_product_tracking", "update_alert_thresholds", "create_suggestion", "add_suggestion_action",
    "propose_price_optimization", "propose_content_improvement", "propose_tracking_adjustment",
    "get_pending_suggestions", "generate_daily_report",
}  # fmt: skip
OURS = {
    "find_catalog_products",
    "get_catalog_product",
    "explain_values",
    "list_change_sets",
    "list_alerts",
    "get_source_status",
}


@pytest.fixture
def house(sqlite_runtime: Runtime, tmp_path: Path) -> Runtime:
    """A lamp of ours, watched at a marketplace, and a rival."""
    feed(
        sqlite_runtime, tmp_path, [{"sku": "L-1", "name": "Lamp", "price": "10.00", "cost": "9.00", "currency": "USD"}]
    )
    track(sqlite_runtime, product="L-1")
    track(sqlite_runtime, "B000000009", is_competitor=True, competitor_of="L-1")
    record(sqlite_runtime, seen(price="10", sales_rank=7), seen(of="B000000009", price="9", in_stock=False))
    return sqlite_runtime


@contextmanager
def at_stdio(home: Path, *arguments: str) -> Iterator[StdioServerParameters]:
    yield StdioServerParameters(
        command=str(Path(sys.executable).with_name("mercat")),
        args=["mcp", *arguments],
        env={"MERCAT_HOME": str(home), "PATH": os.environ["PATH"]},
    )


def over_stdio(home: Path, work: Any, *arguments: str) -> Any:
    async def run() -> Any:
        with at_stdio(home, *arguments) as how:
            async with Client(stdio_client(how)) as client:
                return await work(client)

    return anyio.run(run)


@contextmanager
def serving(runtime: Runtime) -> Iterator[str]:
    """The whole application on a free port."""
    register_hearing()
    register_jobs()
    register_configurable()
    listening = socket.create_server(("127.0.0.1", 0))
    app = make_app(
        runtime,
        identify=lambda bearer, address: access.actor_of(runtime, bearer, address=address),
        assistant=OverHttp(runtime),
    )
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


def over_http(url: str, key: str, work: Any) -> Any:
    async def run() -> Any:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {key}"}) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            return await work(client)

    return anyio.run(run)


def key_of(runtime: Runtime, role: str, *scopes: str) -> str:
    user = access.create_user(runtime, TERMINAL, access.UserDraft(role, f"{role}@example.com", role))
    draft = access.KeyDraft("assistant", list(scopes) or [role])
    return access.create_key(runtime, TERMINAL, draft, owner=user.id).secret


async def names(client: Client) -> set[str]:
    return {each.name for each in (await client.list_tools()).tools}


async def ask(client: Client, tool: str, **arguments: Any) -> Any:
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, answer.content
    return answer.structured_content


async def refusal(client: Client, tool: str, **arguments: Any) -> str:
    answer = await client.call_tool(tool, arguments)
    assert answer.is_error
    return str(answer.content[0].text)  # type: ignore[union-attr]


def test_the_tools_of_the_source_system_and_ours_are_there_each_with_a_schema(house: Runtime):
    async def work(client: Client) -> None:
        tools = {each.name: each for each in (await client.list_tools()).tools}
        assert set(tools) == A5 | OURS
        for each in tools.values():
            assert each.description
            assert each.input_schema["type"] == "object"
            assert each.annotations is not None
            assert each.annotations.destructive_hint is False
        writes = {name for name, each in tools.items() if each.annotations and not each.annotations.read_only_hint}
        assert {"create_suggestion", "propose_price_optimization", "update_product_info"} <= writes
        assert not writes & {name for name in tools if name.startswith(("get_", "search_", "list_", "find_"))}

    over_stdio(house.settings.home, work)


def test_what_only_reads_cannot_write(house: Runtime):
    async def work(client: Client) -> None:
        there = await names(client)
        assert "get_product_details" in there
        assert not [each for each in there if each.startswith(("propose_", "update_", "create_", "add_", "toggle_"))]
        assert "no tool" in await refusal(client, "create_suggestion")

    over_stdio(house.settings.home, work, "--read-only")


def test_it_reads_what_is_there(house: Runtime):
    give(house, state("out_of_stock"))

    async def work(client: Client) -> None:
        details = await ask(client, "get_product_details", product_id=ASIN)
        assert (details["asin"], details["latest"]["price"]) == (ASIN, "10")
        assert (await ask(client, "search_products", query="", is_competitor=True))["total"] == 1
        beside = await ask(client, "get_competitor_analysis", product_id=ASIN)
        assert [(each["asin"], each["gap_pct"]) for each in beside["competitors"]] == [("B000000009", "-10.00")]
        assert (await ask(client, "find_catalog_products", query="lamp"))["total"] == 1
        assert (await ask(client, "get_catalog_product", sku="L-1"))["document"]["variants"][0]["price"] == "10"
        assert "price" in str(await ask(client, "explain_values", sku="L-1"))
        assert (await ask(client, "list_alerts", severity="critical"))["total"] == 1
        report = await ask(client, "generate_daily_report")
        assert (report["open_alerts"]["critical"], report["suggestions"]["pending"]) == (1, 0)
        assert (await ask(client, "list_change_sets", status="applied"))["total"] == 1
        assert "sources" in await ask(client, "get_source_status")
        assert "B999999999" in await refusal(client, "get_product_details", product_id="B999999999")
        past = await ask(client, "get_price_history", product_id=ASIN, days=365)
        assert {each["name"] for each in past["metrics"]} == {"price", "buybox_price", "own_price", "in_stock"}
        ranks = await ask(client, "get_bsr_history", product_id=ASIN, days=365)
        assert next(each["least"] for each in ranks["metrics"] if each["name"] == "sales_rank") == 7
        assert "files tell of it" in await refusal(client, "trigger_product_refresh", product_id=ASIN)
        assert "limit" in await refusal(client, "search_products", limit=1000)
        assert "extra" in (await refusal(client, "list_alerts", evil=1)).lower()

        found = {str(each.uri) for each in (await client.list_resources()).resources}
        assert found == {"product://list", "metrics://summary", "alerts://active", "schema://product"}
        templates = {each.uri_template for each in (await client.list_resource_templates()).resource_templates}
        assert templates == {"product://{product_id}", "optimization://suggestions/{product_id}"}
        for uri in (*found, f"product://{ASIN}"):
            [content] = (await client.read_resource(uri)).contents
            assert content.mime_type == "application/json"
        with pytest.raises(MCPError, match="no resource"):
            await client.read_resource("secret://keys")

    over_stdio(house.settings.home, work)


def test_what_it_writes_are_suggestions_and_nothing_changes(house: Runtime):
    before = by_sku(house)

    async def work(client: Client) -> None:
        price = await ask(client, "propose_price_optimization", sku="L-1", suggested_price="11.25", reasoning="margin")
        assert (price["status"], price["actions"][0]["current_value"]) == ("pending", "10")
        text = await ask(
            client, "propose_content_improvement",
            sku="L-1", field_to_improve="name", improved_content="Bright lamp", reasoning="it says more",
        )  # fmt: skip
        assert text["actions"][0]["current_value"] == "Lamp"
        watch = await ask(client, "update_alert_thresholds", product_id=ASIN, price_threshold=25, reasoning="noise")
        assert [each["target_field"] for each in watch["actions"]] == ["price_change_threshold"]
        await ask(client, "toggle_product_tracking", product_id=ASIN, is_active=False, reasoning="sold out for good")
        details = await ask(client, "get_product_details", product_id=ASIN)
        assert (details["tracking"]["is_active"], details["tracking"]["price_change_threshold"]) == (True, None)
        made = await ask(
            client, "create_suggestion",
            title="Bundle it", reasoning="both sell", subject_type="product", subject_id=price["subject_id"],
            evidence=[{"type": "product", "id": price["subject_id"]}], category="stock",
        )  # fmt: skip
        more = await ask(
            client, "add_suggestion_action",
            suggestion_id=made["id"], action_type="set_field", target="L-1", target_field="brand",
            current_value=None, proposed_value="Acme", reasoning="it is theirs",
        )  # fmt: skip
        assert len(more["actions"]) == 1
        assert "evidence" in await refusal(
            client, "create_suggestion",
            title="x", reasoning="x", subject_type="product", subject_id=price["subject_id"], evidence=[], category="stock",
        )  # fmt: skip
        assert (await ask(client, "get_pending_suggestions"))["total"] == 5

    over_stdio(house.settings.home, work)
    assert by_sku(house) == before


def test_over_http_a_key_opens_what_its_scopes_say(house: Runtime):
    reader = key_of(house, "viewer")
    proposer = key_of(house, "operator", "market.read", "catalog.read", "suggestions.propose")

    async def may_read(client: Client) -> None:
        there = await names(client)
        assert "get_product_details" in there
        assert "create_suggestion" not in there
        assert (await ask(client, "get_product_details", product_id=ASIN))["asin"] == ASIN
        assert "may not" in await refusal(
            client, "propose_price_optimization", sku="L-1", suggested_price="1", reasoning="x"
        )

    async def may_propose(client: Client) -> None:
        assert "list_alerts" not in await names(client)
        assert "may not" in await refusal(client, "list_alerts")
        made = await ask(client, "propose_price_optimization", sku="L-1", suggested_price="11.25", reasoning="margin")
        assert made["source"].startswith("assistant:operator")

    with serving(house) as url:
        over_http(url, reader, may_read)
        over_http(url, proposer, may_propose)
        for headers in ({}, {"Authorization": "Bearer mk_wrong"}):
            asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
            assert httpx2.post(url, json=asked, headers=headers).status_code == 401
    assert by_sku(house)["L-1"]["price"] == "10"
