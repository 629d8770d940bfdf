"""Bytes over HTTP: staged uploads in, results and files out."""

from __future__ import annotations

from urllib.parse import unquote

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mercat.sandbox.shopify.records import Bulk
from mercat.sandbox.shopify.state import Shop
from mercat.sandbox.shopify.storage import LARGEST_UPLOAD, Upload

_WELL = 1024 * 1024  # what a form may hold beside its file
_XML = "application/xml"


class _Files:
    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    async def put(self, request: Request) -> Response:
        upload = self.shop.uploads.get(unquote(request.path_params["key"]))
        if upload is None or upload.method != "PUT" or "signature" not in request.query_params:
            return _error(403, "SignatureDoesNotMatch", "ask stagedUploadsCreate for a target, and use it as it is")
        if _says_too_large(request):
            return _too_large()
        body = await request.body()
        if len(body) > LARGEST_UPLOAD:
            return _too_large()
        upload.body = body
        return Response(status_code=200)

    async def post(self, request: Request) -> Response:
        if _says_too_large(request):
            return _too_large()
        async with request.form() as form:
            upload = self.shop.uploads.get(str(form.get("key")))
            file = form.get("file")
            if upload is None or upload.method != "POST":
                return _error(403, "AccessDenied", "the form's key is of no target that stagedUploadsCreate gave")
            if not isinstance(file, UploadFile) or list(form.keys())[-1] != "file":
                return _error(400, "InvalidArgument", "the form's last field has to be the file")
            upload.body = await file.read()
        return _created(upload, self.shop.origin)

    async def result(self, request: Request) -> Response:
        bulk = self.shop.by_type["BulkOperation"].get(f"gid://shopify/BulkOperation/{request.path_params['number']}")
        if not isinstance(bulk, Bulk) or not bulk.result:
            return _error(404, "NoSuchKey", "there is no such result")
        return Response(bulk.result, media_type="application/jsonl")

    async def file(self, request: Request) -> Response:
        """The bytes of a staged upload; what came by address is fetched where it lies."""
        known = self.shop.files_by_name.get(request.path_params["name"])
        if known is None:
            return _error(404, "NoSuchKey", "there is no such file")
        key = unquote(known.source).removeprefix(f"{self.shop.origin}/staged-uploads/")
        upload = self.shop.uploads.get(key)
        if upload is not None and upload.body is not None:
            return Response(upload.body, media_type=upload.mime_type)
        return RedirectResponse(known.source)


def file_routes(shop: Shop) -> list[Route]:
    """Where files go and come from."""
    files = _Files(shop)
    return [
        Route("/staged-uploads/", files.post, methods=["POST"]),
        Route("/staged-uploads/{key:path}", files.put, methods=["PUT"]),
        Route("/bulk-results/{number:int}.jsonl", files.result, methods=["GET"]),
        Route("/cdn/shop/files/{name}", files.file, methods=["GET"]),
    ]


def _too_large() -> Response:
    return _error(400, "EntityTooLarge", "the largest upload is 100 MB")


def _says_too_large(request: Request) -> bool:
    size = request.headers.get("content-length", "0")
    return size.isdigit() and int(size) > LARGEST_UPLOAD + _WELL


def _created(upload: Upload, origin: str) -> Response:
    place = f"{origin}/staged-uploads/{upload.key}"
    body = f"<PostResponse><Location>{place}</Location><Key>{upload.key}</Key></PostResponse>"
    return Response(body, 201, {"Location": place}, media_type=_XML)


def _error(status: int, code: str, message: str) -> Response:
    return Response(f"<Error><Code>{code}</Code><Message>{message}</Message></Error>", status, media_type=_XML)
