"""`crosstalk doctor`: what this machine has of what a run needs."""

from __future__ import annotations

from pathlib import Path

from harness.doctor import State, diagnose
from harness.verdict import EXIT_HARNESS_FAILED

from .terminal import Terminal


def execute(reports: str, terminal: Terminal) -> int:
    """Say what was found; return 0, or 3 if something that a run needs is missing."""
    findings = diagnose(Path(reports))
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        terminal.say(f"{finding.state.value:7} {finding.subject:{width}}  {finding.text}")
    wrong = [finding.subject for finding in findings if finding.state is State.WRONG]
    if wrong:
        terminal.complain(f"this machine can't run crosstalk as it is: see {', '.join(wrong)}")
        return EXIT_HARNESS_FAILED
    terminal.say("everything that a run needs is there")
    return 0
