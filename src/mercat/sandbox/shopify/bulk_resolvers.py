"""Bulk operations as they are asked for and watched; ``bulk`` does the work."""

from __future__ import annotations

from typing import Any

from mercat.sandbox.shopify.bulk_checks import check_mutation, check_query
from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.connections import Connection, Key, connection
from mercat.sandbox.shopify.products import number, sort_key
from mercat.sandbox.shopify.records import Bulk
from mercat.sandbox.shopify.refusals import Refused, bad_request
from mercat.sandbox.shopify.registry import field
from mercat.sandbox.shopify.searching import Filters, search

AT_ONCE = 5  # of each kind, for one app at one shop (since 2026-01)
RUNNING = frozenset({"CREATED", "RUNNING", "CANCELING"})
FILTERS = Filters(
    fields={
        "id": lambda bulk: [number(bulk)],
        "status": lambda bulk: [bulk.status],
        "operation_type": lambda bulk: [bulk.type],
        "created_at": lambda bulk: [bulk.created_at],
        "completed_at": lambda bulk: [bulk.completed_at] if bulk.completed_at else [],
    },
    text=lambda bulk: [bulk.query],
)
KEYS: dict[str, Key] = {
    "ID": number,
    "CREATED_AT": lambda bulk: (bulk.created_at, number(bulk)),
    "COMPLETED_AT": lambda bulk: (bulk.completed_at or "", number(bulk)),
}


def _make_room(call: Call, kind: str) -> None:
    busy = [each for each in call.shop.all(Bulk) if each.type == kind and each.status in RUNNING]
    if len([each for each in busy if each.app_id == call.token.app_id]) >= AT_ONCE:
        message = f"A maximum of {AT_ONCE} bulk {kind.lower()} operations may run at the same time for an app and shop."
        raise Refused(None, message, "LIMIT_REACHED")


@field("Mutation.bulkOperationRunQuery")
def run_query(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    if args.get("groupObjects"):
        raise bad_request("the sandbox does not group objects (the default since 2026-01)", "SANDBOX_NOT_IMPLEMENTED")
    if message := check_query(args["query"]):
        raise Refused(["query"], message, "INVALID")
    _make_room(call, "QUERY")
    bulk = call.shop.make(Bulk, type="QUERY", query=args["query"], app_id=call.token.app_id)
    call.shop.begin(bulk, call.token)
    return {"bulkOperation": bulk, "userErrors": []}


@field("Mutation.bulkOperationRunMutation")
def run_mutation(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    if message := check_mutation(args["mutation"]):
        raise Refused(["mutation"], message, "INVALID_MUTATION")
    upload = call.shop.uploads.get(args["stagedUploadPath"])
    if upload is None or upload.body is None:
        message = "The JSONL file could not be found. Try uploading the file again, and check that you've entered the URL correctly for the stagedUploadPath mutation argument."
        raise Refused(["stagedUploadPath"], message, "NO_SUCH_FILE")
    if upload.resource != "BULK_MUTATION_VARIABLES" or not upload.body.strip():
        message = "The file has to be a staged upload of BULK_MUTATION_VARIABLES, and not empty."
        raise Refused(["stagedUploadPath"], message, "INVALID_STAGED_UPLOAD_FILE")
    _make_room(call, "MUTATION")
    bulk = call.shop.make(
        Bulk, type="MUTATION", query=args["mutation"], app_id=call.token.app_id, path=args["stagedUploadPath"]
    )
    call.shop.begin(bulk, call.token)
    return {"bulkOperation": bulk, "userErrors": []}


@field("Mutation.bulkOperationCancel")
def cancel(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    """It stops after the line in hand."""
    bulk = call.shop.find(args["id"], Bulk)
    if bulk is None:
        raise Refused(["id"], "Bulk operation does not exist")
    if bulk.status not in RUNNING:
        raise Refused(["id"], f"A bulk operation cannot be canceled when it is {bulk.status.lower()}")
    bulk.status = "CANCELING"
    return {"bulkOperation": bulk, "userErrors": []}


@field("QueryRoot.bulkOperation")
def bulk_operation(_: Any, call: Call, args: dict[str, Any]) -> Bulk | None:
    return call.shop.find(args["id"], Bulk)


@field("QueryRoot.bulkOperations")
def bulk_operations(_: Any, call: Call, args: dict[str, Any]) -> Connection:
    found = search(call.shop.all(Bulk), args.get("query"), FILTERS, call=call, path="bulkOperations")
    return connection(found, call, args, key=sort_key(KEYS, args.get("sortKey") or "CREATED_AT"), root=True)


@field("QueryRoot.currentBulkOperation")
def current(_: Any, call: Call, args: dict[str, Any]) -> Bulk | None:
    """Deprecated, and still served: the newest of a kind."""
    found = [each for each in call.shop.all(Bulk) if each.type == args.get("type", "QUERY")]
    return found[-1] if found else None


@field("BulkOperation.objectCount")
def object_count(bulk: Bulk, _: Call, __: dict[str, Any]) -> str:
    return str(bulk.objects)


@field("BulkOperation.rootObjectCount")
def root_count(bulk: Bulk, _: Call, __: dict[str, Any]) -> str:
    return str(bulk.roots)


@field("BulkOperation.fileSize")
def file_size(bulk: Bulk, _: Call, __: dict[str, Any]) -> str | None:
    return str(len(bulk.result)) if bulk.status == "COMPLETED" and bulk.result else None


@field("BulkOperation.url")
def url(bulk: Bulk, call: Call, _: dict[str, Any]) -> str | None:
    """None where nothing was found: that is a result too."""
    ready = bulk.status == "COMPLETED" and bulk.result
    return f"{call.shop.origin}/bulk-results/{bulk.legacy_resource_id}.jsonl" if ready else None


@field("BulkOperation.partialDataUrl")
def partial_url(bulk: Bulk, call: Call, _: dict[str, Any]) -> str | None:
    ready = bulk.status in {"FAILED", "CANCELED"} and bulk.result
    return f"{call.shop.origin}/bulk-results/{bulk.legacy_resource_id}.jsonl" if ready else None
