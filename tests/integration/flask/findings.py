"""Flask's isolation defects: the example of each, what it breaks, and the same application without it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "docs" / "examples" / "flask_findings"


class Finding(NamedTuple):
    """A defect; ``anomalies`` are among those found, ``said`` in the explanation of the first of them."""

    app: str
    twin: str
    anomalies: frozenset[str]
    said: str
    #: What is found in the twin all the same: another defect.
    left: frozenset[str] = frozenset()
    #: The first version of those looked at that has it.
    since: str = "2.3"


def _set(*anomalies: str) -> frozenset[str]:
    return frozenset(anomalies)


FINDINGS = (
    Finding(
        "pushed_receiver_raises.py:create_app()",
        "pushed_receiver_raises.py:create_app(0)",
        _set("I0 left-behind", "I0 not-cleared", "I1 foreign-g", "I6 never-popped"),
        " was still current.",
    ),
    Finding(
        "teardown_raises.py:create_app()",
        "teardown_raises.py:create_app(careful=True)",
        _set("I6 missing-teardown", "CYCLE illegal-step"),
        "was popped, but teardown_request_last and request_tearing_down never ran for it.",
    ),
    Finding(
        "stream_torn_down_twice.py:create_app()",
        "stream_torn_down_twice.py:create_app(with_context=False)",
        _set("I6 repeated-teardown"),
        "ran again for the same ",
        since="3.1",
    ),
    Finding(
        "interleaved_streams.py:app",
        "interleaved_streams.py:one_after_the_other",
        _set("I1 lost-request", "I6 missing-teardown", "CYCLE ended-below"),
        " of operation w",
        left=_set("I6 repeated-teardown"),
    ),
    Finding(
        "stray_request_context.py:create_app()",
        "stray_request_context.py:create_app(pops=True)",
        _set("I6 missing-teardown", "I6 never-popped", "CYCLE illegal-step"),
        " of operation w",
    ),
    Finding(
        "after_this_request_again.py:create_app()",
        "after_this_request_again.py:create_app(careful=True)",
        _set("I6 repeated-callback"),
        "The functions of after_this_request ran again for the same request of ",
    ),
)


def load(name: str) -> Any:
    """Return an application of the examples, loaded anew."""
    file, _, made = name.partition(":")
    spec = importlib.util.spec_from_file_location(f"example_{Path(file).stem}", EXAMPLES / file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return eval(made, vars(module))
