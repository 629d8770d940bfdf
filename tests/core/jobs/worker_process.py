"""A worker as a process of its own, which tests kill: ``python -m tests.core.jobs.worker_process HOME URL [--until-idle]``."""

import sys
from pathlib import Path

import tests.core.jobs.work
from mercat.core.jobs.serving import serve
from mercat.core.jobs.worker import Pace, Worker
from mercat.core.settings import Settings
from mercat.core.unit import Runtime

assert tests.core.jobs.work

runtime = Runtime(Settings(home=Path(sys.argv[1]), database_url=sys.argv[2]))
serve(
    Worker(runtime, concurrency=4, pace=Pace(heartbeat_s=0.2, takeover_s=1.5)),
    until_idle="--until-idle" in sys.argv,
    on_start=lambda name: sys.stdout.write(f"{name}\n") and sys.stdout.flush(),
)
runtime.close()
