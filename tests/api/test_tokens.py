"""What each token opens, and what ends it."""

import pytest

from mercat.core.errors import Unauthenticated
from mercat.core.unit import Runtime
from mercat.domain.access import service as access
from tests.api.people import PASSWORD, TERMINAL, door, people

V1 = "/api/v1"


def test_a_refresh_token_opens_nothing_a_closed_account_is_refused_and_signing_out_revokes(sqlite_runtime: Runtime):
    """D4, check 8."""
    persons = people(sqlite_runtime)
    tokens = access.sign_in(sqlite_runtime, "viewer", PASSWORD, address="")
    assert door(sqlite_runtime, tokens.access).get(f"{V1}/me").status_code == 200
    assert door(sqlite_runtime, tokens.refresh).get(f"{V1}/me").status_code == 401

    here = door(sqlite_runtime)
    assert here.post(f"{V1}/auth/sign-out", json={"refresh_token": tokens.refresh}).status_code == 204
    assert door(sqlite_runtime, tokens.access).get(f"{V1}/me").status_code == 401
    with pytest.raises(Unauthenticated):
        access.refresh(sqlite_runtime, tokens.refresh, address="")

    assert door(sqlite_runtime, persons["operator"].token).get(f"{V1}/me").status_code == 200
    access.disable(sqlite_runtime, TERMINAL, "operator")
    assert door(sqlite_runtime, persons["operator"].token).get(f"{V1}/me").status_code == 401
