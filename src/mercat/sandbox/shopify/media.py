"""Files: an image comes as UPLOADED, is PROCESSING for a while, and then READY or FAILED."""

from __future__ import annotations

import mimetypes
import uuid
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from PIL import Image

from mercat.sandbox.shopify.calls import Call
from mercat.sandbox.shopify.clocks import stamp
from mercat.sandbox.shopify.connections import Connection, Key, connection
from mercat.sandbox.shopify.products import number, sort_key
from mercat.sandbox.shopify.records import File, GenericFile, Product
from mercat.sandbox.shopify.refusals import Refused
from mercat.sandbox.shopify.registry import field
from mercat.sandbox.shopify.searching import Filters, search
from mercat.sandbox.shopify.state import Shop

MOST_AT_ONCE = 250
LONGEST_ALT = 512
IMAGES = frozenset({".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic", ".bmp", ".tif", ".tiff", ".svg", ".avif"})
_FILES = "MediaImage", "GenericFile"
FILTERS = Filters(
    fields={
        "id": lambda file: [number(file)],
        "filename": lambda file: [file.filename],
        "created_at": lambda file: [file.created_at],
        "updated_at": lambda file: [file.updated_at],
        "media_type": lambda file: ["IMAGE" if file.typename == "MediaImage" else "GenericFile"],
        "used_in": lambda file: ["product"] if file.used_by else ["none"],
        "product_id": lambda file: [int(gid.rpartition("/")[2]) for gid in file.used_by],
    },
    text=lambda file: [file.filename, file.alt or ""],
)
KEYS: dict[str, Key] = {
    "ID": number,
    "RELEVANCE": number,
    "CREATED_AT": lambda file: (file.created_at, number(file)),
    "UPDATED_AT": lambda file: (file.updated_at, number(file)),
    "FILENAME": lambda file: (file.filename, number(file)),
}


def check_source(given: dict[str, Any], path: list[str | int], code: str) -> None:
    """What can be fetched at all: an http(s) address. Whether it is an image shows later, as with Shopify."""
    source = given.get("originalSource") or ""
    parts = urlsplit(source)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Refused([*path, "originalSource"], "Image URL is invalid", code)
    if len(given.get("alt") or "") > LONGEST_ALT:
        raise Refused([*path, "alt"], "The alt value exceeds the maximum limit of 512 characters.", code)


def is_image(given: dict[str, Any]) -> bool:
    """By what the caller says, or else by the name."""
    kind = given.get("contentType")
    return kind == "IMAGE" if kind else PurePosixPath(filename_of(given)).suffix.lower() in IMAGES | {""}


def filename_of(given: dict[str, Any]) -> str:
    """The name that the caller gives, or the last part of the address."""
    return given.get("filename") or PurePosixPath(unquote(urlsplit(given["originalSource"]).path)).name or "file"


def add_file(shop: Shop, given: dict[str, Any]) -> File:
    """Take a file in. The sandbox fetches nothing; a host under ``.invalid`` fails, and a staged upload that is no picture."""
    name = filename_of(given)
    if name in shop.files_by_name:
        path = PurePosixPath(name)
        name = f"{path.stem}_{uuid.UUID(int=shop.random.getrandbits(128))}{path.suffix}"
    source = given["originalSource"]
    file = shop.make(
        File if is_image(given) else GenericFile,
        alt=given.get("alt"),
        source=source,
        filename=name,
        content_type=given.get("contentType") or "",
        born_s=shop.clock.read(),
        url="",
    )
    _read(shop, file)
    file.url = f"{shop.origin}/cdn/shop/files/{quote(name)}?v={file.legacy_resource_id}"
    shop.files_by_name[name] = file
    shop.files_by_url[file.url] = file
    return file


def _read(shop: Shop, file: File) -> None:
    """What comes of its source: its size, or why there is no picture."""
    file.failure, file.size = None, (1200, 1200)
    if not file.source.startswith(f"{shop.origin}/staged-uploads/"):
        if (urlsplit(file.source).hostname or "").endswith(".invalid"):
            file.failure = "IMAGE_DOWNLOAD_FAILURE"
        return
    upload = shop.uploads.get(unquote(urlsplit(file.source).path).removeprefix("/staged-uploads/"))
    if upload is None or upload.body is None:
        file.failure = "INVALID_SIGNED_URL"
    elif file.typename == "MediaImage":
        try:
            with Image.open(BytesIO(upload.body)) as picture:
                file.size = picture.size
        except (OSError, Image.DecompressionBombError):
            file.failure = "IMAGE_PROCESSING_FAILURE"


def remove_file(shop: Shop, file: File) -> None:
    """Delete a file wherever it is used."""
    for product in [shop.by_type["Product"].get(gid) for gid in file.used_by]:
        if isinstance(product, Product):
            product.files = [each for each in product.files if each is not file]
            for variant in product.variants:
                if variant.file is file:
                    variant.file = None
    shop.files_by_name.pop(file.filename, None)
    shop.files_by_url.pop(file.url, None)
    shop.drop(file)


def find_file(shop: Shop, gid: str) -> File | None:
    """A file of any kind by its id."""
    node = shop.node(gid)
    return node if isinstance(node, File) else None


def state_of(shop: Shop, file: File) -> str:
    """Where the file is on its way."""
    age = shop.clock.read() - file.born_s
    ready = shop.options.file_ready_after_s
    if age >= ready:
        return "FAILED" if file.failure else "READY"
    return "UPLOADED" if age < ready / 3 else "PROCESSING"


@field("Mutation.fileCreate")
def create(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    for place, given in enumerate(args["files"]):
        check_source(given, ["files", place], "INVALID_IMAGE_SOURCE_URL")
        _check_name(call.shop, given, place)
    return {"files": [taken_in(call.shop, given) for given in args["files"]], "userErrors": []}


def _check_name(shop: Shop, given: dict[str, Any], place: int) -> None:
    mode = given.get("duplicateResolutionMode")
    if mode == "REPLACE" and not given.get("filename"):
        message = "Missing filename argument when attempting to use REPLACE duplicate mode."
        raise Refused(["files", place, "filename"], message, "MISSING_FILENAME_FOR_DUPLICATE_MODE_REPLACE")
    if mode == "REPLACE" and not is_image(given):
        message = "Duplicate resolution mode REPLACE is only supported for images."
        raise Refused(["files", place], message, "INVALID_DUPLICATE_MODE_FOR_TYPE")
    if mode == "RAISE_ERROR" and filename_of(given) in shop.files_by_name:
        message = "A file with the same filename already exists."
        raise Refused(["files", place, "filename"], message, "FILENAME_ALREADY_EXISTS")
    name, source = given.get("filename"), PurePosixPath(urlsplit(given["originalSource"]).path)
    if name and source.suffix and PurePosixPath(name).suffix.lower() != source.suffix.lower():
        message = "Provided filename extension must match original source."
        raise Refused(["files", place, "filename"], message, "MISMATCHED_FILENAME_AND_ORIGINAL_SOURCE")


def taken_in(shop: Shop, given: dict[str, Any]) -> File:
    """The file of that name with other content, where ``REPLACE`` asks for it; else a new one."""
    old = shop.files_by_name.get(given.get("filename") or "")
    if given.get("duplicateResolutionMode") == "REPLACE" and old is not None:
        old.source, old.alt, old.updated_at = given["originalSource"], given.get("alt"), stamp()
        old.born_s = shop.clock.read()
        _read(shop, old)
        return old
    return add_file(shop, given)


@field("Mutation.fileUpdate")
def update(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    """Alt text, and the products that show it. Only what is READY can be changed."""
    found = []
    for place, given in enumerate(args["files"]):
        file = find_file(call.shop, given["id"])
        if file is None:
            raise Refused(["files"], f"File id {given['id']} does not exist.", "FILE_DOES_NOT_EXIST")
        if state_of(call.shop, file) != "READY":
            raise Refused(["files"], "Non-ready files cannot be updated.", "NON_READY_STATE")
        products = [
            call.shop.find(gid, Product)
            for gid in [*(given.get("referencesToAdd") or []), *(given.get("referencesToRemove") or [])]
        ]
        if None in products:
            message = "The reference target does not exist."
            raise Refused(["files", place, "referencesToAdd"], message, "REFERENCE_TARGET_DOES_NOT_EXIST")
        found.append((file, given))
    for file, given in found:
        _change(call.shop, file, given)
    return {"files": [file for file, _ in found], "userErrors": []}


def _change(shop: Shop, file: File, given: dict[str, Any]) -> None:
    if "alt" in given:
        file.alt = given["alt"]
    for gid in given.get("referencesToAdd") or []:
        product = shop.find(gid, Product)
        if product and file not in product.files:
            product.files.append(file)
            file.used_by[gid] = None
    for gid in given.get("referencesToRemove") or []:
        product = shop.find(gid, Product)
        if product:
            product.files = [each for each in product.files if each is not file]
            file.used_by.pop(gid, None)
    file.updated_at = stamp()


@field("Mutation.fileDelete")
def delete(_: Any, call: Call, args: dict[str, Any]) -> dict[str, Any]:
    found = [find_file(call.shop, gid) for gid in args["fileIds"]]
    for place, file in enumerate(found):
        if file is None:
            message = f"File id {args['fileIds'][place]} does not exist."
            raise Refused(["fileIds"], message, "FILE_DOES_NOT_EXIST")
    for file in found:
        if file is not None:
            remove_file(call.shop, file)
    return {"deletedFileIds": args["fileIds"], "userErrors": []}


@field("QueryRoot.files")
def files(_: Any, call: Call, args: dict[str, Any]) -> Connection:
    found = search(call.shop.files, args.get("query"), FILTERS, call=call, path="files")
    return connection(found, call, args, key=sort_key(KEYS, args.get("sortKey")), root=True)


@field("MediaImage.fileStatus", "MediaImage.status", "GenericFile.fileStatus")
def file_status(file: File, call: Call, _: dict[str, Any]) -> str:
    return state_of(call.shop, file)


@field("MediaImage.fileErrors", "MediaImage.mediaErrors", "GenericFile.fileErrors")
def errors(file: File, call: Call, _: dict[str, Any]) -> list[dict[str, Any]]:
    if state_of(call.shop, file) != "FAILED":
        return []
    return [{"code": file.failure, "message": "The file could not be fetched.", "details": file.source}]


@field("MediaImage.mediaWarnings")
def warnings(_: File, __: Call, ___: dict[str, Any]) -> list[Any]:
    return []


@field("MediaImage.mediaContentType")
def media_content_type(_: File, __: Call, ___: dict[str, Any]) -> str:
    return "IMAGE"


@field("MediaImage.mimeType", "GenericFile.mimeType")
def mime_type(file: File, _: Call, __: dict[str, Any]) -> str | None:
    return mimetypes.guess_type(file.filename)[0]


@field("MediaImage.image")
def image(file: File, call: Call, _: dict[str, Any]) -> dict[str, Any] | None:
    """There is none before it is READY."""
    if state_of(call.shop, file) != "READY":
        return None
    gid = f"gid://shopify/ImageSource/{file.legacy_resource_id}"
    width, height = file.size
    return {"id": gid, "url": file.url, "altText": file.alt, "width": width, "height": height, "thumbhash": None}


@field("Image.url")
def image_url(picture: dict[str, Any], _: Call, __: dict[str, Any]) -> str:
    return str(picture["url"])


@field(*(f"{kind}.preview" for kind in _FILES))
def preview(file: File, call: Call, _: dict[str, Any]) -> dict[str, Any]:
    return {
        "status": state_of(call.shop, file),
        "image": image(file, call, {}) if file.typename == "MediaImage" else None,
    }


@field("MediaImage.originalSource")
def original_source(file: File, call: Call, _: dict[str, Any]) -> dict[str, Any] | None:
    return {"url": file.url, "fileSize": None} if state_of(call.shop, file) == "READY" else None


@field("GenericFile.url")
def url(file: File, call: Call, _: dict[str, Any]) -> str | None:
    return file.url if state_of(call.shop, file) == "READY" else None
