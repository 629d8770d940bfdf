"""Many drafts in one bulk operation: staged, run, looked at, and read line by line.

A second operation then publishes what is not seen in every sales channel yet; it bears the first one's name, so that it
too is begun once, whoever looks and however often.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mercat.connectors.shopify import answers, operations, wire
from mercat.connectors.shopify.answers import BulkOperation
from mercat.connectors.shopify.bulk_operations import RUNNING, find, look, name_in, name_of, named, started
from mercat.connectors.shopify.client import Client
from mercat.connectors.shopify.operations import PRODUCT_SET, PUBLISH
from mercat.connectors.shopify.places import refusal
from mercat.sdk.channels import TOO_LARGE, Batch
from mercat.sdk.errors import Rejected, Unavailable, VendorError

Line = dict[str, Any]
_PUBLISHING = "_publish"


def submit(client: Client, lines: Callable[[], Iterable[Line]], *, key: str, most_bytes: int) -> Batch:
    """Begin the operation of this key, or find it. ``lines`` are only asked for where it is to be begun."""
    name = name_of(key)
    if operation := find(client, name, kind="mutation"):
        return _batch(operation)
    return _batch(_begin(client, named(PRODUCT_SET.document, name), lines(), most_bytes))


def look_at(client: Client, reference: str, publications: Sequence[str]) -> Batch:
    """How far the batch is; what it made is published once it is made."""
    operation = look(client, reference)
    if operation is None:
        return Batch(reference, "failed", message="Shopify no longer knows this batch: send it anew")
    batch = _batch(operation)
    if batch.state != "done" or not publications:
        return batch
    name = _publishing_name(operation)
    publishing = find(client, name, kind="mutation")
    if publishing is None and (hidden := _hidden(client, operation, len(publications))):
        asked = [{"publicationId": each} for each in publications]
        lines = ({"id": product, "input": asked} for product in hidden)
        publishing = _begin(client, named(PUBLISH.document, name), lines, None)
    if publishing is None or (published := _batch(publishing)).state == "done":
        return batch
    message = published.message or "publishing to the sales channels"
    return Batch(reference, published.state, done=batch.done, message=message)


def results(
    client: Client, reference: str, count: int, publications: Sequence[str]
) -> Iterator[tuple[int, wire.Product | VendorError]]:
    """What became of each line, by its number; a line of which nothing is told failed for now."""
    operation = look(client, reference)
    unseen = _unseen(client, operation, len(publications)) if operation and publications else {}
    told: set[int] = set()
    for line in _result_lines(client, operation) if operation else ():
        if line.line_number < count and line.line_number not in told:
            told.add(line.line_number)
            result = _result(line)
            yield line.line_number, unseen.get(result.id, result) if isinstance(result, wire.Product) else result
    for number in range(count):
        if number not in told:
            yield number, Unavailable("Shopify's answer tells nothing of this product: send it again")


def _begin(client: Client, mutation: str, lines: Iterable[Line], most_bytes: int | None) -> BulkOperation:
    with tempfile.TemporaryDirectory(prefix="mercat-bulk-") as folder:
        path = Path(folder) / "variables.jsonl"
        with path.open("wb") as out:
            for line in lines:
                out.write(msgspec.json.encode(line) + b"\n")
        size = path.stat().st_size
        if most_bytes is not None and size > most_bytes:
            raise Rejected(
                f"the batch has {size} bytes; Shopify takes {most_bytes}: send fewer at once", field=TOO_LARGE
            )
        staged = _stage(client)
        client.upload(staged, path)
    # What bulkOperationRunMutation calls the path is the upload's form field "key".
    place = next((each.value for each in staged.parameters if each.name == "key"), None)
    if place is None:
        raise Unavailable("Shopify named no place for the batch to be uploaded to")
    asked = {"mutation": mutation, "path": place}
    return started(client.call(operations.BULK_MUTATION, asked).bulk_operation_run_mutation, "the batch")


def _stage(client: Client) -> answers.StagedTarget:
    wanted = {
        "resource": "BULK_MUTATION_VARIABLES",
        "filename": "variables.jsonl",
        "mimeType": "text/jsonl",
        "httpMethod": "POST",
    }
    answer = client.call(operations.STAGED_UPLOAD, {"input": [wanted]}).staged_uploads_create
    if answer.user_errors or not answer.staged_targets:
        raise refusal(answer.user_errors, "the upload of a batch")
    return answer.staged_targets[0]


def _batch(operation: BulkOperation) -> Batch:
    done = int(operation.root_object_count)
    if operation.status in RUNNING:
        return Batch(operation.id, "running", done=done)
    if operation.status == "COMPLETED" or operation.partial_data_url:
        return Batch(operation.id, "done", done=done)
    reason = operation.error_code or operation.status
    return Batch(operation.id, "failed", done=done, message=f"Shopify could not finish the batch: {reason}")


def _result_lines(client: Client, operation: BulkOperation) -> Iterator[answers.BulkLine]:
    url = operation.url or operation.partial_data_url
    for line in client.lines(url) if url else ():
        try:
            yield msgspec.json.decode(line, type=answers.BulkLine)
        except msgspec.DecodeError as error:
            raise Unavailable(f"the result of a batch cannot be read: {error}") from error


def _result(line: answers.BulkLine) -> wire.Product | VendorError:
    if line.errors or line.data is None:
        return Unavailable(f"Shopify could not take this product: {_said(line)}")
    try:
        payload = msgspec.convert(line.data, answers.ProductSet).product_set
    except msgspec.ValidationError as error:
        return Unavailable(f"Shopify answered a line of the batch in a shape that is not known: {error}")
    return product_of(payload)


def product_of(payload: answers.ProductSetPayload | None) -> wire.Product | VendorError:
    """The product that was set, or why it was not."""
    if payload is None:
        return Unavailable("Shopify answered with neither a product nor a reason")
    if payload.user_errors:
        return refusal(payload.user_errors, "this product")
    return payload.product or Unavailable("Shopify answered with neither a product nor a reason")


def _hidden(client: Client, operation: BulkOperation, wanted: int) -> list[str]:
    """The products of a batch that are not seen in as many channels as there are."""
    hidden: list[str] = []
    for line in _result_lines(client, operation):
        product = _result(line)
        if isinstance(product, wire.Product) and is_hidden(product, wanted):
            hidden.append(product.id)
    return hidden


def _unseen(client: Client, operation: BulkOperation, wanted: int) -> dict[str, VendorError]:
    """The products that could not be published, by their ids, and why."""
    publishing = find(client, _publishing_name(operation), kind="mutation")
    lines = _result_lines(client, publishing) if publishing else ()
    failed = {line.line_number: error for line in lines if (error := _publishing_error(line))}
    products = _hidden(client, operation, wanted) if failed else []
    return {products[number]: error for number, error in failed.items() if number < len(products)}


def _publishing_error(line: answers.BulkLine) -> VendorError | None:
    if line.errors or line.data is None:
        return Unavailable(f"the product was made but not published: {_said(line)}")
    errors = msgspec.convert(line.data, answers.Publish).publishable_publish.user_errors
    return refusal(errors, "the publication of this product") if errors else None


def _publishing_name(operation: BulkOperation) -> str:
    return f"{name_in(operation) or name_of(operation.id)}{_PUBLISHING}"


def _said(line: answers.BulkLine) -> str:
    return "; ".join(str(error.get("message", "no reason given")) for error in line.errors or [{}])[:1000]


def is_hidden(product: wire.Product, wanted: int) -> bool:
    """Whether fewer channels show the product than there are."""
    count = product.resource_publications_count
    return count is not None and count.count < wanted
