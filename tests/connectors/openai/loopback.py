"""A server on loopback that speaks chat completions as OpenAI describes them, and Anthropic's messages; it does what it is told wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-loopback-0123456789"
Answer = Callable[[dict[str, Any]], object]


class Talker:
    """``answer`` makes the content of a reply from the request; ``faults`` are (status, body, headers) of the next ones."""

    def __init__(self, answer: Answer = lambda _: {"suggestions": []}) -> None:
        self.answer = answer
        self.faults: list[tuple[int, bytes, dict[str, str]]] = []
        self.asked: list[dict[str, Any]] = []
        self.address = ""

    def fail(self, status: int, message: str = "no", *, code: str | None = None, **headers: str) -> None:
        body = json.dumps({"error": {"message": message, "type": "t", "param": None, "code": code}}).encode()
        self.faults.append((status, body, headers))

    def reply(self, path: str, request: dict[str, Any], headers: Any) -> tuple[int, bytes, dict[str, str]]:
        make = _PAGES.get(path)
        if make is None:
            return 404, b"{}", {}
        self.asked.append(request)
        if KEY not in {headers.get("Authorization", "").removeprefix("Bearer "), headers.get("x-api-key")}:
            return (
                401,
                b'{"error": {"message": "Incorrect API key provided", "type": "t", "param": null, "code": null}}',
                {},
            )
        if self.faults:
            return self.faults.pop(0)
        told = self.answer(request)
        return 200, json.dumps(make(told if isinstance(told, str) else json.dumps(told))).encode(), {}


def completion(content: str, *, finish_reason: str = "stop", refusal: str | None = None) -> dict[str, Any]:
    message = {"role": "assistant", "content": content, "refusal": refusal}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_764_000_000,
        "model": "loopback-1",
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason, "logprobs": None}],
        "usage": {"prompt_tokens": 80, "completion_tokens": 20, "total_tokens": 100},
    }


def message(content: str) -> dict[str, Any]:
    """The answer as the call of the one tool that was offered, after https://platform.claude.com/docs/en/api/messages."""
    use = {"type": "tool_use", "id": "toolu_1", "name": "suggestions", "input": json.loads(content)}
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "loopback-1",
        "content": [use],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": 80, "output_tokens": 20},
    }


_PAGES: dict[str, Callable[[str], dict[str, Any]]] = {"/v1/chat/completions": completion, "/v1/messages": message}


@contextmanager
def talking(talker: Talker) -> Iterator[Talker]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, body, headers = talker.reply(self.path.partition("?")[0], request, self.headers)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    talker.address = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield talker
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
