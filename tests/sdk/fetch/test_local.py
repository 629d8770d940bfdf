import os
from dataclasses import replace
from pathlib import Path

import pytest

from mercat.core.border import unit_open
from mercat.sdk.errors import Rejected, Unauthorized
from mercat.sdk.fetch import FetchOptions, Pace, RemoteFile, fetch, list_files

from .conftest import Waits


def lay(folder: Path, *names: str) -> None:
    """Files that hold their own name, each a minute younger than the one before."""
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        os.utime(path, (1_790_000_000 + 60 * number,) * 2)


def names(location: object, options: FetchOptions) -> list[str]:
    return [file.name for file in list_files(str(location), options)]


def test_a_folder_gives_its_files_oldest_first(tmp_path: Path, options: FetchOptions):
    lay(tmp_path, "b.csv", "a.csv", "deeper/c.csv", ".hidden", "now.csv.part", "up.zip.filepart")
    assert names(tmp_path, options) == ["b.csv", "a.csv"]
    assert names(f"{tmp_path}/", options) == ["b.csv", "a.csv"]
    assert names(f"file://{tmp_path}", options) == ["b.csv", "a.csv"]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.csv", ["b.csv", "a.csv", "stock [old].csv"]),
        ("?.csv", ["b.csv", "a.csv"]),
        ("[a-c].*", ["b.csv", "a.csv", "c.CSV"]),
        ("stock [old].csv", ["stock [old].csv"]),
        (".h*", [".h.csv"]),
        ("*.part", ["x.part"]),
    ],
)
def test_a_pattern_is_matched_in_the_last_part(tmp_path: Path, options: FetchOptions, pattern: str, found: list[str]):
    lay(tmp_path, "b.csv", "a.csv", "c.CSV", "stock [old].csv", ".h.csv", "x.part")
    assert names(tmp_path / pattern, options) == found


def test_files_of_one_moment_are_sorted_by_name(tmp_path: Path, options: FetchOptions):
    lay(tmp_path, "c", "a", "b")
    for path in tmp_path.iterdir():
        os.utime(path, (1_790_000_000, 1_790_000_000))
    assert names(tmp_path, options) == ["a", "b", "c"]


@pytest.mark.parametrize("location", ["nothing.csv", "*.xml", "folder/*", "*/a.csv", "loop", "pipe"])
def test_what_is_no_file_is_refused_with_its_place(tmp_path: Path, options: FetchOptions, location: str):
    lay(tmp_path, "a.csv")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Rejected) as caught:
        list_files(str(tmp_path / location), options)
    assert str(tmp_path) in str(caught.value)


def test_links_are_followed_and_circles_are_not(tmp_path: Path, options: FetchOptions):
    lay(tmp_path, "real/a.csv")
    feeds = tmp_path / "feeds"
    feeds.mkdir()
    (feeds / "link.csv").symlink_to(tmp_path / "real" / "a.csv")
    (feeds / "loop.csv").symlink_to(feeds / "loop.csv")
    (feeds / "gone.csv").symlink_to(feeds / "nowhere")
    (feeds / "itself").symlink_to(feeds)
    assert names(feeds, options) == ["link.csv"]


def test_a_file_is_copied_whole(tmp_path: Path, options: FetchOptions, pace: Pace):
    lay(tmp_path, "in/a.csv")
    (remote,) = list_files(str(tmp_path / "in"), options)
    with unit_open():  # no network
        path = fetch(str(tmp_path / "in"), remote, tmp_path / "out", options, pace=pace)
    assert path.read_text() == "in/a.csv"
    assert [file.name for file in path.parent.iterdir()] == ["a.csv"]
    assert (tmp_path / "in" / "a.csv").exists()


def test_a_growing_file_is_waited_for(tmp_path: Path, options: FetchOptions, pace: Pace, waits: Waits):
    lay(tmp_path, "in/a.csv")
    source = tmp_path / "in" / "a.csv"
    (remote,) = list_files(str(source), options)

    def grow() -> None:
        with source.open("a") as file:
            file.write("+")

    waits.meanwhile = [grow, grow]
    path = fetch(str(source), remote, tmp_path / "out", replace(options, settle_s=2), pace=pace)
    assert path.read_text() == "in/a.csv++"
    assert waits.seconds == [2, 2, 2]


def test_a_file_changed_while_it_is_read_is_read_again(tmp_path: Path, options: FetchOptions, pace: Pace, waits: Waits):
    source = tmp_path / "a.csv"
    source.write_bytes(b"old" * 1_000_000)
    (remote,) = list_files(str(source), options)
    changes = [b"new" * 1_000_000]

    def change(got: int, _: int | None) -> None:
        if got and changes:
            source.write_bytes(changes.pop())

    path = fetch(str(source), remote, tmp_path / "out", options, change, pace=pace)
    assert path.read_bytes() == b"new" * 1_000_000
    assert len(waits.seconds) == 1


def test_a_file_that_is_gone_meanwhile_is_refused(tmp_path: Path, options: FetchOptions, pace: Pace):
    with pytest.raises(Rejected, match="there is no file"):
        fetch(str(tmp_path), RemoteFile("a", 1, None, str(tmp_path / "a")), tmp_path / "out", options, pace=pace)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read_says_so(tmp_path: Path, options: FetchOptions, pace: Pace):
    lay(tmp_path, "a.csv")
    (remote,) = list_files(str(tmp_path), options)
    (tmp_path / "a.csv").chmod(0)
    with pytest.raises(Unauthorized, match="permissions"):
        fetch(str(tmp_path), remote, tmp_path / "out", options, pace=pace)


def test_a_file_over_the_bound_is_refused(tmp_path: Path, options: FetchOptions, pace: Pace):
    lay(tmp_path, "a.csv")
    (remote,) = list_files(str(tmp_path), options)
    with pytest.raises(Rejected, match="4 bytes"):
        fetch(str(tmp_path), remote, tmp_path / "out", replace(options, max_bytes=4), pace=pace)


def test_a_write_that_fails_keeps_what_arrived_for_the_next_run(tmp_path: Path, options: FetchOptions, pace: Pace):
    source = tmp_path / "a.csv"
    source.write_bytes(bytes(3_000_000))
    (remote,) = list_files(str(source), options)

    def stop(got: int, _: int | None) -> None:
        if got > 2_000_000:
            raise KeyboardInterrupt

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        fetch(str(source), remote, out, options, stop, pace=pace)
    assert (out / "a.csv.part").stat().st_size > 2_000_000
    told: list[int] = []
    fetch(str(source), remote, out, options, lambda got, _: told.append(got), pace=pace)
    assert told[0] > 2_000_000
    assert (out / "a.csv").read_bytes() == bytes(3_000_000)


@pytest.mark.parametrize(
    "location",
    [
        "",
        "  ",
        "gopher://host/x",
        "http://",
        "ftp:///x",
        "ftp://host:99999/x",
        "ftp://host:0/x",
        "sftp://ho st",
        "a\nb",
        "s3://",
    ],
)
def test_what_is_no_location_is_refused(location: str, options: FetchOptions):
    with pytest.raises(Rejected):
        list_files(location, options)
