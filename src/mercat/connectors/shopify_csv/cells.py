"""Text cells that a spreadsheet would take for formulas: an apostrophe on the way out, taken off on the way in."""

from __future__ import annotations

from mercat.sdk.values import neutralise_formula

_MARK = "'"


def guarded(text: str) -> str:
    """The cell to write. Text that already looks guarded gets one more apostrophe, so that ``opened`` is the inverse."""
    bare = text.lstrip(_MARK)
    if bare != text and neutralise_formula(bare) == bare:
        return text
    return text if neutralise_formula(bare) == bare else _MARK + text


def opened(cell: str) -> str:
    """The text that was written. Only an apostrophe that ``guarded`` would have set is taken off."""
    return cell[1:] if cell.startswith(_MARK) and guarded(cell[1:]) == cell else cell
