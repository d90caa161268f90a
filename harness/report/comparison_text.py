"""A comparison of runs as text for a terminal."""

from __future__ import annotations

import textwrap

from harness.inert import inert_line

from .compare import Comparison

WIDTH = 80


def render_comparison_text(comparison: Comparison, width: int = WIDTH) -> str:
    """Return the comparison in lines of about *width* characters."""
    lines = _wrapped(comparison.sentence, width, "")
    lines.append("")
    for number, run in enumerate(comparison.runs):
        lines += _wrapped(
            f"{'baseline' if number == 0 else 'compared':<9} {run.run}: {run.verdict}", width, "  "
        )
    for title, items in (
        (
            "Changed",
            [f"{c.column} {c.invariant}: {_arrow([e.text for e in c.cells])}" for c in comparison.changes],
        ),
        (
            "New and gone violations",
            [
                f"{d.word}: {d.invariant} {d.anomaly} in {d.column} ({d.before:,} \u2192 {d.after:,})"
                for d in comparison.differences
            ],
        ),
        ("Throughput", [f"{r.column}: {r.text} of the baseline, {r.word}" for r in comparison.ratios]),
    ):
        lines += ["", title, *(part for item in items for part in _wrapped(item, width, "  "))]
        if not items:
            lines.append("  nothing")
    return "\n".join(lines) + "\n"


def _arrow(words: list[str]) -> str:
    return " \u2192 ".join(words)


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    return textwrap.wrap(
        inert_line(text),
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
    )
