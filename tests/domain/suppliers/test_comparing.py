"""Comparing: what of a feed is new, however its rows are cut into batches and whenever its transactions end."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from mercat.domain.suppliers.comparing import Comparison, fingerprints
from mercat.sdk.records import BadRow, FeedRow

KEYS = st.sampled_from(["a", "b", "c", "é", " a"])
DIGESTS = st.integers(0, 2)
GOOD = st.builds(FeedRow, KEYS, st.integers(1, 99), DIGESTS, st.none())
BAD = st.builds(BadRow, st.integers(1, 99), st.just("?"), st.just("is no row"))


@given(
    batches=st.lists(st.tuples(st.lists(st.one_of(GOOD, GOOD, BAD), max_size=6), st.booleans())),
    said=st.dictionaries(st.sampled_from("abé"), DIGESTS),
    is_loaded=st.booleans(),
)
def test_the_last_row_of_each_key_counts_and_is_planned_where_it_says_something_else(
    batches: Sequence[tuple[Sequence[FeedRow | BadRow], bool]], said: dict[str, int], is_loaded: bool
) -> None:
    compared = Comparison(set(fingerprints(said.items())) if is_loaded else None)
    planned: dict[str, int] = {}
    restated: set[int] = set()
    rejected = 0
    for rows, ends in [*batches, ([], True)]:
        compared.add(rows)
        if ends:
            if compared.known is None:
                compared.settle(said)
            for keys in compared.repeated.values():
                for key in keys:
                    del planned[key]
            planned |= {key: row.digest for key, row in compared.waiting.items()}
            restated |= set(compared.restated())
            rejected += len(compared.rejects)
            for key in compared.waiting:
                compared.note([(key, "created")])
            compared.next_batch()
    given = [row for rows, _ in batches for row in rows]
    good = [row for row in given if isinstance(row, FeedRow)]
    last = {row.key.strip(): row.digest for row in good}
    assert planned == {key: digest for key, digest in last.items() if said.get(key) != digest}
    assert len(compared.keys) == len(last)
    assert compared.unchanged == len(last) - len(planned)
    assert compared.unchanged <= len(restated)
    assert compared.duplicates == len(good) - len(last)
    assert (compared.rows, rejected) == (len(given), len(given) - len(good))
