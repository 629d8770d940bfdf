"""The store of files: each kept once under its hash, whatever a caller takes it for."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mercat.core.files import FileStore

BYTES = st.binary(max_size=40).map(lambda some: some * 20_000)


@given(kept=BYTES, others=st.lists(BYTES, max_size=2), place=st.integers(0), bit=st.sampled_from([0, 1]))
def test_a_file_is_kept_under_its_hash_whatever_it_is_taken_for(
    tmp_path_factory: pytest.TempPathFactory, kept: bytes, others: list[bytes], place: int, bit: int
) -> None:
    folder = tmp_path_factory.mktemp("store")
    store = FileStore(folder / "files")
    source = folder / "source"
    likely = []
    for each in [kept, *others]:
        source.write_bytes(each)
        likely.append(store.keep(source).sha256)
    changed = bytearray(kept)
    if changed:
        changed[place % len(changed)] ^= bit
    source.write_bytes(changed)
    found = store.keep(source, likely=[*likely, sha256(b"never seen").hexdigest()])
    assert (found.sha256, found.size) == (sha256(changed).hexdigest(), len(changed))
    assert found.path.read_bytes() == changed
