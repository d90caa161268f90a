"""Where GitHub wants a summary of the step that runs us, it gets one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from harness.report.data import RunReport
from harness.report.step_summary import render_step_summary

VARIABLE = "GITHUB_STEP_SUMMARY"


def add_step_summary(report: RunReport, environment: Mapping[str, str] = os.environ) -> str:
    """Append a report to the file that GitHub names, if it names one; return what went wrong, or ''."""
    name = environment.get(VARIABLE, "")
    if not name:
        return ""
    try:
        with Path(name).open("a", encoding="utf-8") as file:
            file.write(render_step_summary(report))
    except OSError as error:
        return f"can't write the step summary that {VARIABLE} names: {error.strerror or error}"
    return ""
