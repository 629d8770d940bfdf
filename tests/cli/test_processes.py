"""The console script as a process: exit codes, what goes to which stream, and what it loads."""

import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Terminal, write_feed


def test_the_exit_codes(bare: Terminal, feed: Path) -> None:
    assert bare.script("changes", "list").code == 1
    assert bare.script("init").code == 0
    assert bare.script("import").code == 2
    assert bare.script("import", feed).code == 0
    assert bare.script("import", write_feed(feed, factor=5)).code == 3


def test_json_is_one_document_on_standard_output_and_nothing_else(terminal: Terminal, feed: Path) -> None:
    answer = terminal.script("import", feed, "--json", MERCAT_LOG_LEVEL="DEBUG")
    assert json.loads(answer.out)["created"] == 12
    refused = terminal.script("changes", "show", "nothing", "--json")
    assert (refused.code, json.loads(refused.out)["error"]["kind"]) == (1, "NotFound")
    assert json.loads(refused.out)["error"]["message"] in refused.err
    # Reading this one logs that its quotes were mended.
    feed.write_text('sku,name\nA,"Lamp" 7"\nB,"Desk\n' * 3)
    looked = terminal.script("feed", "inspect", feed, "--json")
    assert "quotes_mended" in looked.err
    assert json.loads(looked.out)["connector"] == "table"


def test_the_help_loads_no_command_and_no_database() -> None:
    code = (
        "import sys\nfrom mercat.main import main\nsys.argv = ['mercat', '--help']\n"
        "try:\n    main()\nfinally:\n    print(*sorted(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    loaded = set(done.stderr.split())
    assert done.returncode == 0
    assert "mercat.cli.app" in loaded
    assert loaded.isdisjoint({"sqlalchemy", "alembic", "structlog", "rich", "pydantic", "mercat.cli.imports"})


@pytest.mark.usefixtures("terminal")
def test_identical_bytes_load_no_connector(feed: Path) -> None:
    code = (
        f"import sys\nfrom mercat.main import main\nsys.argv = ['mercat', 'import', {str(feed)!r}, '--json']\n"
        "try:\n    main()\nfinally:\n    print(*sorted(sys.modules), file=sys.stderr)\n"
    )
    loaded = []
    for status in ("applied", "unchanged"):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert json.loads(done.stdout)["status"] == status
        loaded.append({name for name in done.stderr.split() if name.startswith("mercat.connectors")})
    assert "mercat.connectors.table" in loaded[0]
    assert not loaded[1]


def test_an_unforeseen_failure_is_a_line_and_for_who_asks_a_traceback(terminal: Terminal, feed: Path) -> None:
    (terminal.home / "mercat.db").write_bytes(b"this is no database" * 100)
    answer = terminal.script("import", feed)
    assert (answer.code, answer.out) == (1, "")
    assert "Traceback" not in answer.err
    assert "MERCAT_LOG_LEVEL=DEBUG" in answer.err
    assert "Traceback" in terminal.script("import", feed, MERCAT_LOG_LEVEL="DEBUG").err


def test_a_reader_that_goes_away_is_no_failure_to_shout_about(terminal: Terminal) -> None:
    script = Path(sys.executable).with_name("mercat")
    read, write = os.pipe()
    os.close(read)
    environment = {**os.environ, "MERCAT_HOME": str(terminal.home)}
    with os.fdopen(write, "wb") as out:
        done = subprocess.run(
            [script, "config", "show"], env=environment, stdout=out, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.stderr == ""


def _opened_for(process: subprocess.Popen[str], pipe: Path) -> int:
    """The writing end, once the process reads at the other; one that has ended would be waited for without end."""
    while process.poll() is None:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as refused:
            if refused.errno != errno.ENXIO:  # else: nobody reads yet
                raise
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.02)
    pytest.fail(f"it ended before it read: {process.communicate()}")


def _interrupted(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Press Ctrl-C, and again where Python was just about to wait: between its look for signals and the system's call."""
    for _ in range(6):
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=10)
    process.kill()
    pytest.fail(f"it does not stop: {process.communicate()}")


def test_stopping_it_is_exit_code_130(terminal: Terminal, tmp_path: Path) -> None:
    # A pipe that nobody fills keeps the command waiting; the password's file is read before anything else happens.
    feed = write_feed(tmp_path / "feed.csv")
    pipe = tmp_path / "password"
    os.mkfifo(pipe)
    terminal("feed", "add", "shop", "--location", feed, "--connector", "table", "--fetch", f"password_file={pipe}")
    script = Path(sys.executable).with_name("mercat")
    environment = {**os.environ, "MERCAT_HOME": str(terminal.home)}
    process = subprocess.Popen(
        [script, "feed", "run", "shop"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Started in the background by a shell, the tests and all below them ignore what Ctrl-C sends.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  # there are no threads here
    )
    with process, os.fdopen(_opened_for(process, pipe), "wb"):
        out, err = _interrupted(process)
    assert (process.returncode, out) == (130, "")
    jobs = terminal("jobs", "list", "--json").json["data"]
    assert [each["status"] for each in jobs if each["kind"] == "suppliers.run_feed"] == ["cancelled"]
    assert "Traceback" not in err
