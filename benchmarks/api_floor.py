"""The bare route beside which ``benchmarks.api`` is measured: bytes that lie in one row, by one statement, without middleware."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Response
from sqlalchemy import text

from mercat.core.settings import load
from mercat.core.unit import Runtime


def main() -> None:
    """Keep the bodies in a table, and answer them."""
    runtime = Runtime(load())
    bodies = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    with runtime.engine.begin() as connection:
        connection.execute(text("CREATE TABLE benchmark_bodies (name VARCHAR(20) PRIMARY KEY, body TEXT)"))
        rows = [{"name": name, "body": body} for name, body in bodies.items()]
        connection.execute(text("INSERT INTO benchmark_bodies VALUES (:name, :body)"), rows)
    app = FastAPI()
    statement = text("SELECT body FROM benchmark_bodies WHERE name = :name")

    @app.get("/{name}")
    def bare(name: str) -> Response:
        with runtime.engine.connect() as connection:
            body = connection.scalar(statement, {"name": name})
        return Response(body, media_type="application/json")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", file=sys.stderr, flush=True)
        config = uvicorn.Config(app, log_level="error", access_log=False, server_header=False)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
