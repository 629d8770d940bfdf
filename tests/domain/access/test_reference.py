"""The page of permissions says what the list of permissions says."""

from mercat.domain.access.permissions import PERMISSIONS, ROLES
from tests.architecture.house import ROOT

PAGE = ROOT / "docs" / "reference" / "permissions.md"


def rows() -> list[str]:
    least = {name: next(role for role, held in ROLES.items() if name in held) for name in PERMISSIONS}
    return [f"| `{name}` | {line} | `{least[name]}` |" for name, line in PERMISSIONS.items()]


def test_every_permission_is_on_its_page_with_what_it_allows_and_who_holds_it() -> None:
    written = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]

    assert written == rows()
