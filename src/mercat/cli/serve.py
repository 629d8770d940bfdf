"""``mercat serve``: the dashboard, the API and what channels deliver, with a worker inside."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from mercat.cli.display import aside
from mercat.cli.session import me, open_runtime
from mercat.core.unit import Runtime
from mercat.domain import register_jobs
from mercat.domain.access import service as access

if TYPE_CHECKING:
    from mercat.core.jobs.worker import Worker

app = typer.Typer(rich_markup_mode=None)
_NOBODY = (
    "There is no user yet, and whoever comes first over HTTP becomes the administrator: "
    "`mercat user create NAME --email ADDRESS --role admin` makes one here."
)


@app.command()
def serve(
    *,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Where to listen; 0 takes a free port.")] = 8200,
    processes: Annotated[
        int, typer.Option("--processes", min=1, max=64, help="So many processes answer; the worker is beside them.")
    ] = 1,
    worker: Annotated[bool, typer.Option("--worker/--no-worker", help="Run jobs in this process as well.")] = True,
) -> None:
    """Serve the dashboard, answer programs and channels, and run jobs, until it is stopped (Ctrl-C or SIGTERM)."""
    from mercat.cli import serving

    register_jobs()
    # The server gives a signal back when it has ended in good order.
    signal.signal(signal.SIGTERM, _leave)
    with open_runtime() as runtime, serving.listen(host, port) as listening:
        files = serving.raise_file_limit()
        if files < serving.FEW_FILES:
            line = f"Only {files:,} files may be open, and each connection is one: raise the limit (ulimit -n)."
            aside().print(line)
        with runtime.read(me()) as unit:
            if not access.is_set_up(unit):
                aside().print(_NOBODY, soft_wrap=True)
        where = f"[{host}]" if ":" in host else host
        aside().print(f"Mercat listens at http://{where}:{listening.getsockname()[1]}; Ctrl-C stops it.")
        inside = _worker(runtime) if worker else None
        serving.run(listening, inside, processes=processes, trusted_proxies=runtime.settings.trusted_proxies)


def _worker(runtime: Runtime) -> Worker:
    # The engine of jobs takes 23 MB, which a server that runs none has better uses for.
    from mercat.core.jobs.worker import Worker

    return Worker(runtime)


def _leave(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(0)
