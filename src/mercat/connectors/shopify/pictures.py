"""Pictures that lie with us, where Shopify cannot fetch them: known again by the name of their file, or else uploaded.

An upload is no picture yet: it lies where ``productSet`` takes it from, and is forgotten where nothing does. So a picture that was
uploaded by somebody who did not live to use it is uploaded again, and there is one of it in the shop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from mercat.connectors.shopify import images, operations
from mercat.connectors.shopify.answers import StagedTarget
from mercat.connectors.shopify.client import Client
from mercat.connectors.shopify.places import refusal
from mercat.connectors.shopify.to_wire import Known
from mercat.sdk.channels import ListingDraft
from mercat.sdk.errors import Rejected, Unauthorized, Unavailable
from mercat.sdk.pictures import MEDIA_TYPES, own_picture

T = TypeVar("T")
_AT_ONCE = 20
_READY = "READY"


class Pictures:
    """What one piece of work found or brought: each picture once, however many products show it."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._files: dict[str, str] = {}
        self._places: dict[str, str] = {}
        self._refused: dict[str, str] = {}

    def brought(self, drafts: Sequence[ListingDraft], known: Mapping[str, Known]) -> dict[str, Known]:
        """``known`` (by the drafts' keys) with where Shopify has, or takes, the pictures of ours that it did not hold.

        Nothing is asked where there are none. A picture that cannot be brought is left out: ``refuse_lost`` says why.
        """
        wanted = {
            image.url: None
            for draft in drafts
            for image in draft.product.images or ()
            if own_picture(image.url) and known[draft.key].image(image) is None
        }
        unseen = [url for url in wanted if not self._is_settled(url)]
        self._find(unseen)
        self._upload(url for url in unseen if url not in self._files)
        return {
            key: replace(each, images={**self._files, **each.images}, places=self._places) if wanted else each
            for key, each in known.items()
        }

    def refuse_lost(self, draft: ListingDraft, known: Known) -> None:
        """Raises ``Rejected`` for a picture that lies with us and could not be brought."""
        for image in draft.product.images or ():
            if own_picture(image.url) and known.image(image) is None and image.url not in known.places:
                why = self._refused.get(image.url) or "it is no longer kept here: send it in again"
                raise Rejected(f"the picture {image.url} cannot be shown: {why}", field="images")

    def _is_settled(self, url: str) -> bool:
        return url in self._files or url in self._places or url in self._refused

    def _find(self, urls: Iterable[str]) -> None:
        """Files in the shop that are called as these pictures would be. A shop that does not let us look has none."""
        for some in _parted(list(urls)):
            names = {images.normalised(url): url for url in some}
            query = " OR ".join(f'filename:"{images.file_name(url)}"' for url in some)
            most = 2 * len(some)
            try:
                found = self._client.call(operations.FILES, {"query": query, "first": most}, size=most).files.nodes
            except Unauthorized:
                return
            for file in found:
                url = names.get(images.shown(file.image.url)) if file.image else None
                if url is not None and file.file_status == _READY:
                    self._files[url] = file.id

    def _upload(self, urls: Iterable[str]) -> None:
        there = {url: path for url in urls if (path := self._client.surroundings.picture(url)) is not None}
        for some in _parted(list(there.items())):
            asked = [_target(url, path) for url, path in some]
            answer = self._client.call(operations.STAGED_UPLOAD, {"input": asked}).staged_uploads_create
            targets = answer.staged_targets or []
            if answer.user_errors:
                refused = refusal(answer.user_errors, "the upload of a picture")
                if not isinstance(refused, Rejected):
                    raise refused
                self._refused |= {url: refused.message for url, _ in some}
                continue
            if len(targets) != len(asked):
                raise Unavailable("Shopify named no place for pictures to be uploaded to")
            for (url, path), about, target in zip(some, asked, targets, strict=True):
                self._send(url, path, about, target)

    def _send(self, url: str, path: Path, about: Mapping[str, Any], target: StagedTarget) -> None:
        if target.resource_url is None:
            raise Unavailable("Shopify named no place for a picture to be taken from")
        try:
            self._client.upload(target, path, name=about["filename"], media_type=about["mimeType"])
        except Rejected as refused:
            self._refused[url] = f"Shopify does not take it: {refused.message}"
        else:
            self._places[url] = target.resource_url


def _parted(listed: Sequence[T]) -> Iterator[Sequence[T]]:
    return (listed[start : start + _AT_ONCE] for start in range(0, len(listed), _AT_ONCE))


def _target(url: str, path: Path) -> dict[str, Any]:
    name = images.file_name(url) or ""
    return {
        "resource": "IMAGE",
        "filename": name,
        "mimeType": MEDIA_TYPES[name.rpartition(".")[2]],
        "fileSize": str(path.stat().st_size),
        "httpMethod": "POST",
    }
