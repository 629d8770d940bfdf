import threading

import pytest

from mercat.core.border import refuse_open_unit, unit_open


def test_the_network_is_refused_inside_a_unit_only():
    refuse_open_unit()
    with unit_open():
        with unit_open():
            pass
        with pytest.raises(RuntimeError, match="network inside an open unit"):
            refuse_open_unit()
    refuse_open_unit()


def test_a_failed_unit_takes_its_mark_away():
    with pytest.raises(KeyError), unit_open():
        raise KeyError
    refuse_open_unit()


def test_another_thread_is_not_inside_our_unit():
    failures = []

    def elsewhere() -> None:
        try:
            refuse_open_unit()
        except RuntimeError as error:
            failures.append(error)

    with unit_open():
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert not failures
