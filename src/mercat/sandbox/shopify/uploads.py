"""``stagedUploadsCreate``: where to put a file, and what to send along."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import quote

from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.refusals import Refused
from mercat.sandbox.shopify.registry import field
from mercat.sandbox.shopify.storage import LARGEST_UPLOAD, Upload

_NEED_A_SIZE = frozenset({"VIDEO", "MODEL_3D"})
_IMAGES = frozenset({"IMAGE", "PRODUCT_IMAGE", "COLLECTION_IMAGE"})
# As third parties tell it in November 2026; they differ about the pixels (20 or 25 million).
_LARGEST_IMAGE = 20 * 1000 * 1000
_IMAGE_TYPES = frozenset(
    f"image/{kind}" for kind in ("jpeg", "png", "gif", "webp", "heic", "avif", "bmp", "tiff", "svg+xml")
)


@field("Mutation.stagedUploadsCreate")
def create(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    for place, given in enumerate(args["input"]):
        if not given["filename"].strip():
            raise Refused(["input", place, "filename"], "Filename can't be blank")
        if given["resource"] in _NEED_A_SIZE and given.get("fileSize") is None:
            raise Refused(["input", place, "fileSize"], "File size is required for this resource")
        if (given.get("fileSize") or 0) > LARGEST_UPLOAD and given["resource"] == "BULK_MUTATION_VARIABLES":
            raise Refused(["input", place, "fileSize"], "File size exceeds the limit of 100 MB")
        if given["resource"] in _IMAGES:
            _check_image(given, place)
    return {"stagedTargets": [_target(call, given) for given in args["input"]], "userErrors": []}


def _check_image(given: dict[str, Any], place: int) -> None:
    if given["mimeType"] not in _IMAGE_TYPES:
        raise Refused(["input", place, "mimeType"], f"{given['mimeType']} is not a recognized image format")
    if (given.get("fileSize") or 0) > _LARGEST_IMAGE:
        raise Refused(["input", place, "fileSize"], "File size exceeds the limit of 20 MB")


def _target(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    folder = "bulk" if given["resource"] == "BULK_MUTATION_VARIABLES" else "files"
    key = f"tmp/{call.token.app_id}/{folder}/{secrets.token_hex(16)}/{given['filename']}"
    upload = Upload(key, given["resource"], given["filename"], given["mimeType"], given.get("httpMethod", "PUT"))
    call.shop.uploads[key] = upload
    resource_url = f"{call.shop.origin}/staged-uploads/{quote(key)}"
    parameters = {"key": key, "Content-Type": upload.mime_type, "acl": "private"}
    if upload.method == "POST":
        url = f"{call.shop.origin}/staged-uploads/"
        parameters |= {"success_action_status": "201", "policy": secrets.token_urlsafe(24)}
    else:
        url = f"{resource_url}?signature={secrets.token_urlsafe(24)}"
    rows = [{"name": name, "value": value} for name, value in parameters.items()]
    return {"url": url, "resourceUrl": resource_url, "parameters": rows}
