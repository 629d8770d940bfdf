"""Rule 5 inside the files: SQL in repositories, commits in units, the environment in settings. And no ``if`` on a vendor.

The wall clock is ruff's: see banned-api in pyproject.toml.
"""

import ast

from tests.architecture.house import DOORS, Module, last_name, modules, nodes

CHANGES_ROWS = frozenset(
    {"insert", "update", "delete"}
)  # a property may be a select: Product.sku filters by its variant
HOLDS_CONNECTION = ("session", "bulk")
SENDS_SQL = frozenset({"execute", "executemany", "exec_driver_sql", "scalar", "scalars"})
ENDS_TRANSACTION = frozenset({"commit", "rollback"})
READS_ENVIRONMENT = frozenset({"environ", "environb", "getenv", "putenv"})


def test_a_session_is_used_in_repositories_only() -> None:
    trespasses = [
        f"{module.at(call)}: {ast.unparse(call.func)}()"
        for module in modules()
        if (module.floor == "domain" and module.part != "repository") or module.floor in {*DOORS, "main"}
        for call in nodes(ast.Call, of=module)
        if isinstance(call.func, ast.Attribute)
        and (call.func.attr in SENDS_SQL or last_name(call.func.value).endswith(HOLDS_CONNECTION))
    ]

    assert not trespasses


def test_models_change_no_rows() -> None:
    trespasses = [
        f"{module.at(call)}: {ast.unparse(call.func)}()"
        for module in modules()
        if module.part == "models"
        for call in nodes(ast.Call, of=module)
        if isinstance(call.func, ast.Name | ast.Attribute) and last_name(call.func) in CHANGES_ROWS
    ]

    assert not trespasses


def test_transactions_end_in_the_unit_only() -> None:
    trespasses = [
        f"{module.at(call)}: {ast.unparse(call.func)}()"
        for module in modules()
        if module.name != "mercat.core.unit"
        for call in nodes(ast.Call, of=module)
        if isinstance(call.func, ast.Attribute) and call.func.attr in ENDS_TRANSACTION
    ]

    assert not trespasses


def test_the_environment_is_read_in_settings_only() -> None:
    trespasses = [
        f"{module.at(node)}: {ast.unparse(node)}"
        for module in modules()
        if module.name != "mercat.core.settings"
        for node in nodes(ast.Attribute, ast.ImportFrom, of=module)
        if reads_environment(node)
    ]

    assert not trespasses


def reads_environment(node: ast.Attribute | ast.ImportFrom) -> bool:
    if isinstance(node, ast.Attribute):
        return last_name(node.value) == "os" and node.attr in READS_ENVIRONMENT
    return node.module == "os" and any(alias.name in READS_ENVIRONMENT for alias in node.names)


def test_ability_is_data_and_not_an_if_on_a_connectors_name() -> None:
    trespasses = [place for module in modules() if module.floor == "domain" for place in asks_for_a_vendor(module)]

    assert not trespasses


def asks_for_a_vendor(module: Module) -> list[str]:
    """Comparisons of something called connector with a literal, and ``match`` on it."""
    compared = [
        node
        for node in nodes(ast.Compare, of=module)
        if names_connector(node) and any(isinstance(leaf, ast.Constant) and leaf.value for leaf in ast.walk(node))
    ]
    matched = [node for node in nodes(ast.Match, of=module) if names_connector(node.subject)]
    return [f"{module.at(node)}: {ast.unparse(node).splitlines()[0]}" for node in [*compared, *matched]]


def names_connector(node: ast.AST) -> bool:
    return any(last_name(leaf) in {"connector", "connector_name", "vendor", "platform"} for leaf in ast.walk(node))
