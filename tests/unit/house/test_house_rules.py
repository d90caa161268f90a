"""House rules are tests (TigerBeetle's tidy, Trio's test_exports)."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SOURCES = sorted(p for top in ("harness", "targetapp", "locustfiles") for p in (ROOT / top).rglob("*.py"))
LINES_MAX = 400
FUNCTION_LINES_MAX = 60
JUNK = {"util", "utils", "helpers", "common", "misc", "junkdrawer"}
#: Words that belong to a machine, not to the project.
LOCAL = re.compile(r"/(?:root|home|Users)/\w+|file:///|pypi\.org/simple")


def tracked_texts() -> Iterator[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if (
            path.suffix in {".py", ".md", ".toml", ".txt", ".yml", ".yaml", ".html", ".cfg", ""}
            and path.is_file()
        ):
            yield path


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.relative_to(ROOT)}:{node.name}", (node.end_lineno or 0) - node.lineno + 1


def test_there_are_sources() -> None:
    assert len(SOURCES) > 20


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_module_is_small_and_named_for_what_it_does(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LINES_MAX
    assert path.stem not in JUNK


def test_functions_are_short() -> None:
    long = [(name, n) for path in SOURCES for name, n in functions(path) if n > FUNCTION_LINES_MAX]
    assert long == []


def test_no_text_names_a_machine_or_an_index() -> None:
    me = Path(__file__).resolve()
    found = [
        str(p.relative_to(ROOT))
        for p in tracked_texts()
        if p != me and LOCAL.search(p.read_text(errors="replace"))
    ]
    assert found == []


def importing(package: str, within: str) -> list[str]:
    statement = re.compile(rf"^\s*(?:from|import) {package}\b", re.MULTILINE)
    inside = [path for path in SOURCES if path.is_relative_to(ROOT / within)]
    return [str(path.relative_to(ROOT)) for path in inside if statement.search(path.read_text())]


def test_only_target_imports_targetapp() -> None:
    assert importing("targetapp", within="harness") in (["harness/target.py"], [])


def test_targetapp_does_not_know_it_is_tested() -> None:
    assert importing("harness", within="targetapp") == []


def test_importing_harness_starts_and_patches_nothing() -> None:
    code = (
        "import sys, threading, harness, harness.verdict, harness.history.layout\n"
        "assert threading.active_count() == 1\n"
        "assert not {'gevent', 'locust', 'gunicorn', 'targetapp'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
