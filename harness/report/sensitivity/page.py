"""The matrix of sensitivity as a page, made of the same parts as a run's report."""

from __future__ import annotations

from collections.abc import Sequence

from harness.report.page import render_template

from .rows import CHECKS, NOTHING_MARK, RIGHT_MARK, WRONG_MARK, Shown, Table


def render_page(table: Table, told: Sequence[str], exit_code: int) -> str:
    """Return the whole page."""
    return render_template(
        "sensitivity.html",
        table=table,
        told=told,
        checks=CHECKS,
        word={0: "valid", 1: "invalid"}.get(exit_code, "unknown"),
        says={0: "as expected", 1: "different"}.get(exit_code, "not finished"),
        mark=_mark,
        state=_state,
    )


def _mark(cell: Shown) -> str:
    if not cell.ran:
        return NOTHING_MARK
    return RIGHT_MARK if cell.right else WRONG_MARK


def _state(cell: Shown) -> str:
    if not cell.ran:
        return "not-looked-at"
    return "ok" if cell.right else "violated"
