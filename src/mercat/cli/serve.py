"""``mercat serve``: what others call us by, with a worker inside."""

from __future__ import annotations

import signal
from typing import Annotated, NoReturn

import typer

from mercat.cli.display import aside
from mercat.cli.session import open_runtime
from mercat.core.jobs.worker import Worker
from mercat.domain import register_jobs

app = typer.Typer(rich_markup_mode=None)

# By name: doors do not know each other, and only ``main`` knows them all.
_APP = "mercat.main:make_app"


@app.command()
def serve(
    *,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Where to listen.")] = 8200,
    worker: Annotated[bool, typer.Option("--worker/--no-worker", help="Run jobs in this process as well.")] = True,
) -> None:
    """Take in what channels deliver, and run jobs, until it is stopped (Ctrl-C or SIGTERM)."""
    import uvicorn

    register_jobs()
    # The server gives a signal back when it has ended in good order; the worker is to be stopped so as well.
    signal.signal(signal.SIGTERM, _leave)
    with open_runtime() as runtime:
        inside = Worker(runtime) if worker else None
        if inside is not None:
            inside.start()
        try:
            aside().print(f"Mercat listens at http://{host}:{port}; Ctrl-C stops it.")
            uvicorn.run(_APP, factory=True, host=host, port=port, log_level="warning", access_log=False)
        finally:
            if inside is not None:
                inside.stop()


def _leave(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(0)
