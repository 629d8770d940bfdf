"""The same face for libraries that ask asynchronously: their requests are judged and bounded as all others are (``http``)."""

from __future__ import annotations

import asyncio

import httpx2

from mercat.sdk import http


def client(
    *, allow_private: bool = False, timeout_s: float = 30.0, max_bytes: int = http.MAX_BYTES
) -> httpx2.AsyncClient:
    """Give a client, to be closed after use. Answers come whole, within ``timeout_s`` from the beginning to the end.

    Requests raise what those of ``http.client`` raise; it serves one at a time.
    """
    judged = http.transport(allow_private=allow_private, total_s=timeout_s, max_bytes=max_bytes)
    return httpx2.AsyncClient(
        transport=_Threaded(judged), timeout=httpx2.Timeout(timeout_s), trust_env=False, headers=http.HEADERS
    )


class _Threaded(httpx2.AsyncBaseTransport):
    """Sends each request by the transport of our own clients, in a thread beside the loop."""

    def __init__(self, judged: httpx2.BaseTransport) -> None:
        self._judged = judged

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await request.aread()
        return await asyncio.to_thread(self._send, request)

    def _send(self, request: httpx2.Request) -> httpx2.Response:
        answer = self._judged.handle_request(request)
        try:
            content = answer.read()
        finally:
            answer.close()
        return httpx2.Response(answer.status_code, headers=answer.headers, content=content, request=request)

    async def aclose(self) -> None:
        self._judged.close()
