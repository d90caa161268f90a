"""A comparison of runs, and a list of runs, as pages; made of the same parts as a report's page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .compare import Comparison
from .page import MARKS, render_template
from .past import Brief
from .wording import VERDICT_MEANINGS

#: State of a cell -> its mark, so that colour is never the only difference.
_MARKS = {str(state): mark for state, mark in MARKS.items()}
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Listed:
    """One run in a list; without a brief nothing is known of its verdict."""

    name: str
    brief: Brief | None
    has_report: bool

    @property
    def href(self) -> str:
        """The report, as seen from the folder of runs; '' if there is none to link to."""
        safe = _FILE_NAME.fullmatch(self.name)
        return f"{self.name}/report.html" if self.has_report and safe else ""


def render_comparison(comparison: Comparison) -> str:
    """Return the page of a comparison."""
    return render_template("compare.html", comparison=comparison, marks=_MARKS)


def render_index(runs: Sequence[Listed], left_out: int = 0) -> str:
    """Return the page that lists runs, the newest first; *left_out* older ones are only counted."""
    return render_template(
        "index.html",
        runs=runs,
        left_out=left_out,
        meanings={verdict.word: meaning for verdict, meaning in VERDICT_MEANINGS.items()},
    )
