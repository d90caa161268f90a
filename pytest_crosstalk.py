"""The pytest plugin: the fixture ``crosstalk``, its options and its marker. See docs/pytest.md.

The rules this file guards: *a test run that does not use the fixture pays nothing and is changed in nothing*,
so nothing of the harness is imported before a test asks for it; and *a project with a ``harness`` package of
its own is told so in one line*. For that this module lies beside the package and not in it: it would not be
found.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from harness.plugin.fixture import Crosstalk

_NOTE = "crosstalk"
_MARKER = (
    "crosstalk(operations=N, nightly=N): crosstalk.check() sends at least N operations; `nightly` counts "
    "with --crosstalk-nightly only"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("crosstalk", "context isolation of WSGI applications")
    group.addoption(
        "--crosstalk-seed",
        type=int,
        metavar="SEED",
        help="run every crosstalk.check() five times with this seed, and say how many found something",
    )
    group.addoption(
        "--crosstalk-nightly",
        action="store_true",
        help="send as many operations as the marker crosstalk(nightly=N) asks for",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", _MARKER)


@pytest.fixture
def crosstalk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Crosstalk:
    """Check a WSGI application: ``crosstalk.check(app, worker_model="thread", operations=2000)``."""
    problem = find_other_harness()
    if problem:
        pytest.fail(problem, pytrace=False)
    fixture = importlib.import_module("harness.plugin.fixture")
    config = request.config
    made: Crosstalk = fixture.Crosstalk(
        fixture.TestRun(
            folder=tmp_path_factory.mktemp("crosstalk"),
            root=str(config.rootpath),
            operations=_operations(request.node, nightly=config.getoption("--crosstalk-nightly")),
            seed=config.getoption("--crosstalk-seed"),
            again=f'pytest "{request.node.nodeid}" --crosstalk-seed={{seed}}',
            note=lambda text: request.node.user_properties.append((_NOTE, text)),
        )
    )
    return made


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """Show what a check found instead of the stack that leads into the harness."""
    try:
        return (yield)
    except Exception as error:
        if not _is_ours(error):
            raise
        text = str(error)
    # Out of the except block: else pytest would show the stack as what it happened during.
    pytest.fail(text, pytrace=False)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say of each check that was run again how many reruns found something."""
    lines = [
        f"{report.nodeid}: {text}"
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, text in report.user_properties
        if name == _NOTE
    ]
    if lines:
        terminalreporter.section("crosstalk")
        for line in lines:
            terminalreporter.line(line)


def find_other_harness() -> str:
    """Return one line that says that another package is called ``harness``; '' if ours is the one found."""
    ours = Path(__file__).resolve().parent / "harness"
    loaded = sys.modules.get("harness")
    if loaded is None:
        try:
            loaded = importlib.import_module("harness")
        except Exception as error:  # it may be anybody's
            return _other(f"one that fails to import ({type(error).__name__})")
    where = [str(Path(place).resolve()) for place in getattr(loaded, "__path__", [])]
    if str(ours) in where:
        return ""
    return _other(where[0] if where else str(getattr(loaded, "__file__", "a module without a file")))


def _other(where: str) -> str:
    return (
        f"crosstalk can't be used here: Python finds another package called 'harness' first, {where}; rename "
        "it, or check the app with the command  crosstalk run --app MODULE:APP  from another folder"
    )


def _operations(node: pytest.Item, *, nightly: bool) -> int:
    """Return how many operations the markers of a test ask for at least."""
    asked = [0]
    for marker in node.iter_markers("crosstalk"):
        asked.append(int(marker.kwargs.get("operations", 0)))
        if nightly:
            asked.append(int(marker.kwargs.get("nightly", 0)))
    return max(asked)


def _is_ours(error: BaseException) -> bool:
    fixture = sys.modules.get("harness.plugin.fixture")
    asking = sys.modules.get("harness.plugin.asking")
    if fixture is None or asking is None or find_other_harness():
        return False
    return isinstance(error, (fixture.NotIsolatedError, asking.AskedWrongError))
