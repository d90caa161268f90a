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


TEXTS = {".py", ".md", ".toml", ".txt", ".yml", ".yaml", ".html", ".cfg", ".json", ".log", ""}
#: Not the project's, where there is no git to say so: environments, caches, what runs leave.
FOREIGN = re.compile(
    r"^(?:\.venv|\.git/|\.\w+_cache|\.hypothesis|build/|dist/|reports/\d)|__pycache__|egg-info"
)


def listed_by_git() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return listed.stdout.splitlines()


def listed_by_walking() -> list[str]:
    names = (str(path.relative_to(ROOT)) for path in ROOT.rglob("*"))
    return [name for name in names if not FOREIGN.search(name)]


def project_texts(names: list[str]) -> list[Path]:
    paths = [ROOT / name for name in names]
    return [path for path in paths if path.suffix in TEXTS and path.is_file()]


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
    texts = project_texts(listed_by_git() or listed_by_walking())
    assert len(texts) > 200
    found = [
        str(p.relative_to(ROOT)) for p in texts if p != me and LOCAL.search(p.read_text(errors="replace"))
    ]
    assert found == []


def test_without_git_the_same_texts_are_found() -> None:
    walked = project_texts(listed_by_walking())
    assert len(walked) > 200
    assert set(project_texts(listed_by_git())) <= set(walked)


def test_a_text_that_names_a_machine_is_found() -> None:
    assert LOCAL.search("see /" + "root/x")
    assert LOCAL.search("file:/" + "//opt")
    assert not LOCAL.search("see /usr/bin/env and https://example.test/root")


def test_the_limits_are_those_that_contributors_read() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text()
    assert f"beyond {LINES_MAX} and {FUNCTION_LINES_MAX} the house test fails" in guide


def importing(package: str, within: str) -> list[str]:
    statement = re.compile(rf"^\s*(?:from|import) {package}\b", re.MULTILINE)
    inside = [path for path in SOURCES if path.is_relative_to(ROOT / within)]
    return [str(path.relative_to(ROOT)) for path in inside if statement.search(path.read_text())]


#: Who may name a module of the target's, in a string that is imported; nobody may in an import statement.
NAMING = {
    "harness/target.py": "it loads the target",
    "harness/workers/command.py": "it says which packages another interpreter has to find",
    "harness/bench/framework_apps.py": "it measures the framework by itself, beside Flask",
}


def test_only_target_imports_targetapp() -> None:
    named = re.compile(r"""["']targetapp[.a-z_]*["']""")
    inside = [path for path in SOURCES if path.is_relative_to(ROOT / "harness")]
    naming = {str(path.relative_to(ROOT)) for path in inside if named.search(path.read_text())}
    assert importing("targetapp", within="harness") == []
    assert naming == set(NAMING)


def test_targetapp_does_not_know_it_is_tested() -> None:
    assert importing("harness", within="targetapp") == []


def test_importing_harness_starts_and_patches_nothing() -> None:
    code = (
        "import sys, threading, harness, harness.verdict, harness.history.layout\n"
        "assert threading.active_count() == 1\n"
        "assert not {'gevent', 'locust', 'gunicorn', 'targetapp'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
