"""The tables of durable jobs come and go."""

from mercat.core.database import migrate
from mercat.core.unit import Runtime


def test_the_migration_goes_down_and_up_and_autogenerate_finds_nothing(runtime: Runtime) -> None:
    assert migrate.differences(runtime.engine) == []
    migrate.downgrade(runtime.engine, "0002")
    migrate.upgrade(runtime.engine)
    assert migrate.differences(runtime.engine) == []
