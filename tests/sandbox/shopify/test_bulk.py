"""Files and bulk operations: staged uploads, lines in, lines out, five at a time."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from mercat.sandbox.shopify import Options
from tests.pictures import picture

from .conftest import Client, sized

STAGE = """mutation ($input: [StagedUploadInput!]!) { stagedUploadsCreate(input: $input) {
  stagedTargets { url resourceUrl parameters { name value } } userErrors { field message } } }"""
RUN = """mutation ($mutation: String!, $path: String!) {
  bulkOperationRunMutation(mutation: $mutation, stagedUploadPath: $path) {
    bulkOperation { id status } userErrors { code message } } }"""
QUERY = """mutation ($query: String!) { bulkOperationRunQuery(query: $query, groupObjects: false) {
  bulkOperation { id status } userErrors { code message } } }"""
POLL = """query ($id: ID!) { bulkOperation(id: $id) {
  status errorCode url partialDataUrl objectCount rootObjectCount fileSize completedAt query } }"""
CANCEL = """mutation ($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { message } } }"""
JSONL = {"resource": "BULK_MUTATION_VARIABLES", "filename": "v.jsonl", "mimeType": "text/jsonl"}
MAKE = "mutation ($input: ProductSetInput!) { productSet(input: $input) { product { id } userErrors { code } } }"


def staged(client: Client, *lines: Any, method: str = "POST") -> str:
    """The path of a staged file of lines."""
    (target,) = client.done(STAGE, {"input": [JSONL | {"httpMethod": method}]})["stagedTargets"]
    fields = {each["name"]: each["value"] for each in target["parameters"]}
    body = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines).encode()
    if method == "POST":
        answer = client.http.post(target["url"], data=fields, files={"file": ("v.jsonl", body)})
        assert (answer.status_code, fields["key"] in answer.text) == (201, True)
    else:
        assert client.http.put(target["url"], content=body).status_code == 200
    return fields["key"]


def finished(client: Client, gid: str) -> dict[str, Any]:
    for _ in range(2000):
        found = client.ask(POLL, {"id": gid})
        if found["status"] not in {"CREATED", "RUNNING", "CANCELING"}:
            return dict(found)
    raise AssertionError(found)


def lines(client: Client, url: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in client.http.get(url).text.splitlines()]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_mutation_runs_line_by_line(client: Client, method: str) -> None:
    path = staged(client, {"input": {"title": "A"}}, "{broken", {"input": {"title": ""}}, {"input": {}}, method=method)
    begun = client.done(RUN, {"mutation": f"# intent 42\n{MAKE}", "path": path})["bulkOperation"]
    assert begun["status"] == "CREATED"
    done = finished(client, begun["id"])
    assert (done["status"], done["objectCount"], done["rootObjectCount"]) == ("COMPLETED", "4", "4")
    assert "intent 42" in done["query"]
    result = lines(client, done["url"])
    assert [line["__lineNumber"] for line in result] == [0, 1, 2, 3]
    assert result[0]["data"]["productSet"]["product"]["id"].startswith("gid://shopify/Product/")
    assert "errors" in result[1]
    assert result[2]["data"]["productSet"]["userErrors"] == [{"code": "INVALID_INPUT"}]
    assert [each["title"] for each in client.shop.state["products"]] == ["A"]
    assert int(done["fileSize"]) == len(client.http.get(done["url"]).content)


def test_each_line_has_its_own_idempotency_key(client: Client) -> None:
    item = client.product()["variants"]["nodes"][0]["inventoryItem"]["id"]
    place = client.shop.state["locations"][0]["id"]
    mutation = """mutation ($input: InventorySetQuantitiesInput!, $key: String!) {
      inventorySetQuantities(input: $input) @idempotent(key: $key) { userErrors { code } } }"""

    def line(quantity: int, expected: int, key: str) -> dict[str, Any]:
        row = {"inventoryItemId": item, "locationId": place, "quantity": quantity, "changeFromQuantity": expected}
        return {"input": {"name": "available", "reason": "correction", "quantities": [row]}, "key": key}

    path = staged(client, line(1, 0, "a"), line(2, 1, "b"), line(1, 0, "a"), line(9, 0, "c"))
    done = finished(client, client.done(RUN, {"mutation": mutation, "path": path})["bulkOperation"]["id"])
    errors = [line["data"]["inventorySetQuantities"]["userErrors"] for line in lines(client, done["url"])]
    assert errors == [[], [], [], [{"code": "CHANGE_FROM_QUANTITY_STALE"}]]
    level = client.shop.state["products"][0]["variants"][0]["item"]["levels"][place]
    assert level["available"] == 2


def test_a_query_becomes_lines_with_their_parents(client: Client) -> None:
    ids = [client.product(title=title, **sized("S", "M"))["id"] for title in ("A", "B")]
    query = """{ products { edges { node { id title seo { title }
      variants { nodes { id sku inventoryItem { inventoryLevels { nodes { location { name } } } } } } } } } }"""
    done = finished(client, client.done(QUERY, {"query": query})["bulkOperation"]["id"])
    found = lines(client, done["url"])
    assert (done["objectCount"], done["rootObjectCount"]) == ("10", "2")
    small = found[1]
    assert found[0] == {"id": ids[0], "title": "A", "seo": {"title": None}}
    assert small == {"id": small["id"], "sku": "SKU-S", "inventoryItem": {}, "__parentId": ids[0]}
    assert found[2] == {"location": {"name": "Shop location"}, "__parentId": small["id"]}
    assert [line.get("__parentId") for line in found].count(ids[1]) == 2


def test_a_query_reads_what_it_found_when_it_began(client: Client) -> None:
    for number in range(130):
        client.product(title=f"Lamp {number}")
    done = finished(client, client.done(QUERY, {"query": "{ products { nodes { id } } }"})["bulkOperation"]["id"])
    assert len({line["id"] for line in lines(client, done["url"])}) == 130
    empty = '{ products(query: "sku:none") { nodes { id } } }'
    done = finished(client, client.done(QUERY, {"query": empty})["bulkOperation"]["id"])
    assert (done["url"], done["objectCount"]) == (None, "0")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("{ shop { name } }", "at least one connection"),
        ("{ products { nodes { id } } collections { nodes { id } } }", "single top level field"),
        ("query ($q: String) { products(query: $q) { nodes { id } } }", "variables"),
        ("{ products { nodes { variants { nodes { id } } } } }", "must select the 'id' field"),
        (
            "{ products { nodes { id collections { nodes { id products { nodes { id media { nodes { id } } } } } } } } }",
            "nesting depth",
        ),
        ("{ products { nodes { nothing } } }", "Cannot query field"),
        (MAKE, "Only `query`"),
    ],
)
def test_what_a_bulk_query_may_not_be(client: Client, query: str, words: str) -> None:
    (error,) = client.ask(QUERY, {"query": query})["userErrors"]
    assert error["code"] == "INVALID"
    assert words in error["message"]


@pytest.mark.parametrize(
    ("mutation", "upload", "code"),
    [
        ("{ shop { name } }", "good", "INVALID_MUTATION"),
        ("mutation { nothing }", "good", "INVALID_MUTATION"),
        (RUN, "good", "INVALID_MUTATION"),
        (MAKE, "tmp/none", "NO_SUCH_FILE"),
        (MAKE, "empty", "INVALID_STAGED_UPLOAD_FILE"),
    ],
)
def test_what_a_bulk_mutation_may_not_be(*, client: Client, mutation: str, upload: str, code: str) -> None:
    path = {"good": lambda: staged(client, {}), "empty": lambda: staged(client, "")}.get(upload, lambda: upload)()
    (error,) = client.ask(RUN, {"mutation": mutation, "path": path})["userErrors"]
    assert error["code"] == code


class TestSlowStart:
    @pytest.fixture
    def options(self) -> Options:
        return Options(plan="plus", bulk_start_after_s=3600)

    def test_five_of_each_kind_at_a_time(self, client: Client) -> None:
        path = staged(client, {"input": {"title": "A"}})
        query = {"query": "{ products { nodes { id } } }"}
        for _ in range(5):
            client.done(RUN, {"mutation": MAKE, "path": path})
            newest = client.done(QUERY, query)["bulkOperation"]["id"]
        assert client.ask(RUN, {"mutation": MAKE, "path": path})["userErrors"][0]["code"] == "LIMIT_REACHED"
        assert client.ask(QUERY, query)["userErrors"][0]["code"] == "LIMIT_REACHED"
        listed = '{ bulkOperations(first: 20, query: "status:created operation_type:query") { nodes { id } } }'
        assert len(client.ask(listed)["nodes"]) == 5
        assert client.done(CANCEL, {"id": newest})["bulkOperation"] == {"status": "CANCELING"}


def test_an_operation_that_is_done_cannot_be_cancelled(client: Client) -> None:
    begun = client.done(QUERY, {"query": "{ products { nodes { id } } }"})["bulkOperation"]["id"]
    finished(client, begun)
    assert client.ask(CANCEL, {"id": begun})["userErrors"]


def test_a_staged_upload_is_used_as_it_was_given(client: Client) -> None:
    (put,) = client.done(STAGE, {"input": [JSONL]})["stagedTargets"]
    assert client.http.put(put["resourceUrl"], content=b"{}").status_code == 403
    assert client.http.put(f"{client.shop.url}/staged-uploads/none?signature=x", content=b"{}").status_code == 403
    (post,) = client.done(STAGE, {"input": [JSONL | {"httpMethod": "POST"}]})["stagedTargets"]
    fields = {each["name"]: each["value"] for each in post["parameters"]}
    assert client.http.post(post["url"], data=fields | {"key": "x"}, files={"file": b"{}"}).status_code == 403
    assert client.http.post(post["url"], data=fields | {"file": "no file"}).status_code == 400
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(post["url"]).port, timeout=20)
    connection.putrequest("POST", "/staged-uploads/")
    connection.putheader("Content-Length", str(102 * 1024 * 1024))
    connection.endheaders()
    refused = connection.getresponse()
    assert (refused.status, b"EntityTooLarge" in refused.read()) == (400, True)
    connection.close()
    video = {"resource": "VIDEO", "filename": "v.mp4", "mimeType": "video/mp4"}
    assert client.ask(STAGE, {"input": [video]})["userErrors"]


def test_a_file_takes_its_time_and_is_reused(client: Client) -> None:
    create = """mutation ($files: [FileCreateInput!]!) { fileCreate(files: $files) {
      files { id fileStatus ... on MediaImage { image { url } } } userErrors { code } } }"""
    status = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on MediaImage { fileStatus fileErrors { code } image { url } } } }"
    good = {"originalSource": "https://x.test/a.jpg", "filename": "a.jpg"}
    bad = {"originalSource": "https://gone.invalid/b.jpg"}
    files = client.done(create, {"files": [good, bad]})["files"]
    ids = [each["id"] for each in files]
    assert [each["fileStatus"] for each in files] == ["UPLOADED", "UPLOADED"]
    client.shop.tell("clock", forward_s=30)
    assert [each["fileStatus"] for each in client.ask(status, {"ids": ids})] == ["PROCESSING", "PROCESSING"]
    client.shop.tell("clock", forward_s=31)
    ready, failed = client.ask(status, {"ids": ids})
    assert (ready["fileStatus"], failed["fileStatus"]) == ("READY", "FAILED")
    assert failed["fileErrors"] == [{"code": "IMAGE_DOWNLOAD_FAILURE"}]

    for again, code in [
        (good | {"duplicateResolutionMode": "RAISE_ERROR"}, "FILENAME_ALREADY_EXISTS"),
        ({"originalSource": "https://x.test/a.jpg", "filename": "a.png"}, "MISMATCHED_FILENAME_AND_ORIGINAL_SOURCE"),
        (
            {"originalSource": "https://x.test/a.jpg", "duplicateResolutionMode": "REPLACE"},
            "MISSING_FILENAME_FOR_DUPLICATE_MODE_REPLACE",
        ),
        ({"originalSource": "a.jpg"}, "INVALID_IMAGE_SOURCE_URL"),
    ]:
        assert client.ask(create, {"files": [again]})["userErrors"] == [{"code": code}]
    replaced = client.done(create, {"files": [good | {"duplicateResolutionMode": "REPLACE"}]})["files"]
    assert replaced[0]["id"] == ids[0]
    assert client.done(create, {"files": [good]})["files"][0]["id"] != ids[0]

    product = client.product(files=[{"originalSource": ready["image"]["url"]}])
    assert product["media"]["nodes"][0]["id"] == ids[0]
    delete = "mutation ($ids: [ID!]!) { fileDelete(fileIds: $ids) { deletedFileIds userErrors { code } } }"
    client.done(delete, {"ids": ids})
    assert client.ask(delete, {"ids": ids})["userErrors"] == [{"code": "FILE_DOES_NOT_EXIST"}]
    assert client.shop.state["products"][0]["files"] == []


def test_the_bytes_of_a_staged_picture_come_back(client: Client) -> None:
    asked = {"resource": "IMAGE", "filename": "a.png", "mimeType": "image/png", "httpMethod": "PUT"}
    (target,) = client.done(STAGE, {"input": [asked]})["stagedTargets"]
    client.http.put(target["url"], content=picture())
    product = client.set(title="Lamp", files=[{"originalSource": target["resourceUrl"]}])["product"]
    client.shop.tell("clock", forward_s=61)
    read = "query ($id: ID!) { node(id: $id) { ... on MediaImage { fileStatus image { url width height } } } }"
    seen = client.ask(read, {"id": product["media"]["nodes"][0]["id"]})
    assert (seen["image"]["width"], seen["image"]["height"]) == (40, 20)
    assert client.http.get(seen["image"]["url"]).content == picture()

    (text,) = client.done(STAGE, {"input": [asked]})["stagedTargets"]
    client.http.put(text["url"], content=b"no picture")
    product = client.set(title="Chair", files=[{"originalSource": text["resourceUrl"]}])["product"]
    client.shop.tell("clock", forward_s=61)
    seen = client.ask(read, {"id": product["media"]["nodes"][0]["id"]})
    assert (seen["fileStatus"], seen["image"]) == ("FAILED", None)
    for wrong in ({"mimeType": "text/csv"}, {"fileSize": "20000001"}):
        assert client.ask(STAGE, {"input": [asked | wrong]})["userErrors"]
