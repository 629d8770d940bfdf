"""The terminal door: parse, open a unit, call one service function, render."""
