"""Whatever happens to a worker, its work is done: killed, stopped, or taken over."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from mercat.core.database import migrate
from mercat.core.settings import Settings
from mercat.core.unit import Runtime
from tests.conftest import DATABASES, _silent
from tests.core.jobs.conftest import ROOT, Start, ended, enqueue, job, log_of, working
from tests.core.jobs.work import Mark, Sulk, Walk, marks, until


def test_killed_again_and_again_each_job_is_done_and_no_finished_step_twice(
    sqlite_runtime: Runtime, folder: Path, start: Start
) -> None:
    ids = enqueue(sqlite_runtime, *(Walk(_own(folder, n), steps=3) for n in range(30)))
    dice = random.Random(7)
    for _ in range(3):
        worker = start(sqlite_runtime)
        begun = sum(len(marks(each)) for each in folder.iterdir())
        wanted = begun + dice.randint(1, 20)
        until(lambda wanted=wanted: sum(len(marks(each)) for each in folder.iterdir()) >= min(90, wanted))
        worker.kill()
        worker.wait()
    assert start(sqlite_runtime, "--until-idle").wait(timeout=120) == 0
    jobs = [job(sqlite_runtime, id_) for id_ in ids]
    assert {each.status for each in jobs} == {"completed"}
    for number, each in enumerate(jobs):
        walked = marks(folder / str(number))
        assert set(walked) == {"step-0", "step-1", "step-2"}
        # A step that was cut off between its effect and its note is done again, once for each time its worker died.
        assert sum(walked.values()) <= 3 + each.attempts - 1


def _own(folder: Path, number: int) -> str:
    made = folder / str(number)
    made.mkdir()
    return str(made)


def test_a_killed_worker_goes_on_after_the_last_finished_step(
    sqlite_runtime: Runtime, folder: Path, start: Start
) -> None:
    [id_] = enqueue(sqlite_runtime, Walk(str(folder), steps=3, pause_at=2))
    worker = start(sqlite_runtime)
    until(lambda: marks(folder).get("waiting"))
    worker.kill()
    worker.wait()
    (folder / "go").touch()
    assert start(sqlite_runtime, "--until-idle").wait(timeout=120) == 0
    assert marks(folder) == {"go": 0, "step-0": 1, "step-1": 1, "step-2": 1, "waiting": 2}
    done = job(sqlite_runtime, id_)
    assert (done.status, done.attempts, done.steps_done) == ("completed", 2, 3)


def test_what_was_committed_by_a_process_that_died_at_once_is_run(
    sqlite_runtime: Runtime, folder: Path, start: Start
) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from mercat.core.settings import Settings;"
        "from mercat.core.unit import Runtime; from tests.core.jobs.work import Mark;"
        "runtime = Runtime(Settings(home=Path(sys.argv[1])));\n"
        "with runtime.write() as unit: unit.enqueue(Mark(sys.argv[2]))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    died = subprocess.run(
        [sys.executable, "-c", script, str(sqlite_runtime.settings.home), str(folder)], check=False, cwd=ROOT
    )
    assert died.returncode == -signal.SIGKILL
    assert start(sqlite_runtime, "--until-idle").wait(timeout=120) == 0
    assert marks(folder) == {"mark": 1}


def test_sigterm_puts_back_what_is_in_hand_and_it_goes_on_later(
    sqlite_runtime: Runtime, folder: Path, start: Start
) -> None:
    [id_] = enqueue(sqlite_runtime, Walk(str(folder), steps=3, pause_at=1))
    worker = start(sqlite_runtime)
    until(lambda: marks(folder).get("waiting"))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=60) == 0
    put_back = job(sqlite_runtime, id_)
    assert (put_back.status, put_back.attempts, put_back.steps_done) == ("pending", 0, 1)
    (folder / "go").touch()
    assert start(sqlite_runtime, "--until-idle").wait(timeout=120) == 0
    assert job(sqlite_runtime, id_).status == "completed"
    assert marks(folder) == {"go": 0, "step-0": 1, "step-1": 1, "step-2": 1, "waiting": 2}
    assert "put back: its worker was stopped" in log_of(sqlite_runtime, id_)


def test_sigterm_ends_a_worker_whose_job_does_not_listen(sqlite_runtime: Runtime, folder: Path, start: Start) -> None:
    [id_] = enqueue(sqlite_runtime, Sulk(str(folder)))
    worker = start(sqlite_runtime)
    until(lambda: marks(folder).get("sulking"))
    asked = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=60) == 0
    assert time.monotonic() - asked < 12, "a container would have killed it"
    (folder / "go").touch()
    assert start(sqlite_runtime, "--until-idle").wait(timeout=120) == 0
    assert job(sqlite_runtime, id_).status == "completed"


def test_two_workers_on_one_host_share_and_the_second_takes_over(
    sqlite_runtime: Runtime, folder: Path, start: Start
) -> None:
    [id_] = enqueue(sqlite_runtime, Walk(str(folder), steps=2, pause_at=1))
    dies = start(sqlite_runtime)
    until(lambda: marks(folder).get("waiting"))
    start(sqlite_runtime)
    dies.kill()
    dies.wait()
    (folder / "go").touch()
    done = ended(sqlite_runtime, id_)
    assert done.status == "completed"
    assert marks(folder)["step-0"] == 1


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Runtime]:
    """A PostgreSQL database of this test's own, with the engine's schema in it."""
    if why := _silent.get("postgresql"):
        pytest.skip(f"no postgresql answers: {why}")
    url = make_url(DATABASES["postgresql"])
    own = f"mercat_jobs_{tmp_path.parent.name}_{tmp_path.name}".replace("-", "_").lower()[-60:]
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{own}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{own}"'))
    runtime = Runtime(
        Settings(home=tmp_path / "home", database_url=url.set(database=own).render_as_string(hide_password=False))
    )
    migrate.upgrade(runtime.engine)
    yield runtime
    runtime.close()
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{own}" WITH (FORCE)'))
    admin.dispose()


def test_on_postgresql_a_living_worker_takes_over_from_a_killed_one(
    shared: Runtime, folder: Path, start: Start
) -> None:
    [id_] = enqueue(shared, Walk(str(folder), steps=3, pause_at=2))
    dies = start(shared)
    until(lambda: marks(folder).get("waiting"))
    first = job(shared, id_).worker
    start(shared)
    dies.kill()
    dies.wait()
    (folder / "go").touch()
    done = ended(shared, id_)
    assert (done.status, done.attempts) == ("completed", 2)
    assert done.worker not in {None, first}
    assert marks(folder) == {"go": 0, "step-0": 1, "step-1": 1, "step-2": 1, "waiting": 2}


def test_on_postgresql_a_worker_that_was_taken_for_dead_can_say_nothing_more(
    shared: Runtime, folder: Path, start: Start
) -> None:
    [id_] = enqueue(shared, Walk(str(folder), steps=2, pause_at=1))
    frozen = start(shared)
    until(lambda: marks(folder).get("waiting"))
    frozen.send_signal(signal.SIGSTOP)
    start(shared)
    until(lambda: marks(folder)["waiting"] == 2)
    (folder / "go").touch()
    frozen.send_signal(signal.SIGCONT)
    done = ended(shared, id_)
    assert (done.status, done.attempts) == ("completed", 2)
    with working(shared):
        for after in enqueue(shared, *(Mark(str(folder), f"after-{n}") for n in range(4))):
            ended(shared, after)
    assert job(shared, id_).result == done.result == 2
    assert marks(folder)["step-0"] == 1
