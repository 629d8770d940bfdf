"""Identifiers: one run a batch, strictly increasing, of version 7, also where a counter carries into the next field."""

from __future__ import annotations

from uuid import UUID

import pytest

from mercat.core import ids

FAR = 1 << 127  # later than any clock, so that the counter and not the time decides
BEFORE_A_CARRY = (1 << 62) - 3


@pytest.mark.parametrize("start", [0, BEFORE_A_CARRY, BEFORE_A_CARRY - 2])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7])
def test_a_batch_goes_on_where_the_last_one_ended(monkeypatch: pytest.MonkeyPatch, start: int, count: int):
    monkeypatch.setattr(ids, "_last", FAR + start)
    made = ids.new_id_bytes(count) + ids.new_id_bytes(2)
    assert made == sorted(set(made))
    assert len(made) == count + 2
    assert {UUID(bytes=each).version for each in made} == {7}
    assert {UUID(bytes=each).variant for each in made} == {"specified in RFC 4122"}
