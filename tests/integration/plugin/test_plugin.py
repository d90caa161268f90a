"""The plugin as a project meets it: pytest in a process of its own, under xdist, on apps in a test's file."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

SHOP = """
import sys
import pytest
from flask import Flask, g, request, session

right = Flask("right")
right.secret_key = "x"

@right.get("/hello/<name>")
def hello(name):
    g.name = str(name).upper().lower()
    session["visits"] = session.get("visits", 0) + 1
    return f"{g.name} {request.args.get('canary')}"

leaky = Flask("leaky")
LAST = {}
LOG = []

@leaky.get("/leak/<name>")
def leak(name):
    LAST["name"] = name
    LOG.append(name)
    str(name).upper().lower()
    return LAST["name"]
"""


#: What loads the plugin where it may not be installed; where it is, it is loaded once all the same.
BY_NAME = ("-p", "pytest_crosstalk")


def run(
    folder: Path, tests: str, *options: str, load: tuple[str, ...] = BY_NAME, path: str = str(ROOT)
) -> subprocess.CompletedProcess[str]:
    """Run *tests* with the plugin; *path* is Python's."""
    (folder / "test_shop.py").write_text(SHOP + tests)
    environ = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    environ.pop("PYTEST_ADDOPTS", None)
    command = [sys.executable, "-m", "pytest", *load, "-p", "no:cacheprovider", "-q"]
    return subprocess.run(
        [*command, "--rootdir", str(folder), *options, "test_shop.py"],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )


def test_a_leaky_app_fails_with_its_witness_and_a_right_one_passes(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        """
def test_right(crosstalk):
    assert crosstalk.check(right).verdict == "valid"
    assert not {"gevent", "locust"} & set(sys.modules)

def test_leaky(crosstalk):
    crosstalk.check(leaky, operations=1000)
""",
        "-n",
        "2",
    )
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "B1 foreign-in-body" in done.stdout
    assert "what one caller sends reaches no other caller" in done.stdout
    assert "witness:" in done.stdout
    assert "I13 kept (10): nothing of a finished request is kept" in done.stdout
    assert "had sent in the field 'name' of its path was still there after the last request" in done.stdout
    assert "test_shop.LOG" in done.stdout
    assert "test_shop.LAST" not in done.stdout  # every request overwrites it
    assert 'run it again: pytest "test_shop.py::test_leaky" --crosstalk-seed=' in done.stdout
    assert "Traceback" not in done.stdout
    assert "harness/" not in done.stdout


def test_over_http_and_with_a_seed_that_is_run_five_times(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        "def test_leaky(crosstalk):\n    crosstalk.check(leaky, operations=200, http=True)\n",
        "--crosstalk-seed=7",
    )
    assert "1 failed" in done.stdout, done.stdout + done.stderr
    assert "seed 7: 5 of 5 reruns found it" in done.stdout
    assert "test_shop.py::test_leaky: seed 7: 5 of 5 reruns found it" in done.stdout


def test_a_page_that_an_earlier_rerun_left_is_found_by_each(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        """
app, PAGE = Flask("cached"), []

@app.get("/page/<name>")
def page(name):
    PAGE[:] = PAGE or [name]
    return PAGE[0]

def test_cached(crosstalk):
    crosstalk.check(app, operations=100)
""",
        "--crosstalk-seed=7",
    )
    assert "seed 7: 5 of 5 reruns found it" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(("options", "operations"), [((), 60), (("--crosstalk-nightly",), 90)])
def test_a_marker_raises_operations(tmp_path: Path, options: tuple[str, ...], operations: int) -> None:
    done = run(
        tmp_path,
        f"""
@pytest.mark.crosstalk(operations=60, nightly=90)
def test_leaky(crosstalk):
    with pytest.raises(AssertionError, match="{operations} operations"):
        crosstalk.check(leaky, operations=20)
    with pytest.raises(AssertionError, match="100 operations"):
        crosstalk.check(leaky, operations=100)
""",
        *options,
    )
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_greenlets_run_in_a_child(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        """
def test_leaky(crosstalk):
    with pytest.raises(AssertionError, match="(?s)4 greenlets.*B1 foreign-in-body"):
        crosstalk.check(leaky, worker_model="greenlet", operations=600)
    assert "gevent" not in sys.modules

def test_nameless(crosstalk):
    crosstalk.check(Flask("nameless"), worker_model="greenlet")
""",
    )
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert (
        "an app under greenlets is checked in a process of its own, and no module holds this one"
        in done.stdout
    )


def test_a_project_with_a_harness_of_its_own_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "harness").mkdir()
    (tmp_path / "harness" / "__init__.py").write_text("")
    done = run(tmp_path, "def test_it(crosstalk):\n    crosstalk.check(right)\n\ndef test_other(): pass\n")
    assert "1 passed, 1 error" in done.stdout, done.stdout + done.stderr
    (line,) = {line for line in done.stdout.splitlines() if line.startswith("crosstalk can't be used here")}
    assert f"another package called 'harness' first, {tmp_path / 'harness'}; rename it" in line
    assert "ModuleNotFoundError" not in done.stdout


@pytest.mark.parametrize("load", [(), BY_NAME], ids=["by its entry point", "by its name as well"])
def test_installed_it_is_loaded_once_however_it_is_asked_for(tmp_path: Path, load: tuple[str, ...]) -> None:
    installed = tmp_path / "wsgi_crosstalk-0.0.dist-info"
    installed.mkdir()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ((name, module),) = project["entry-points"]["pytest11"].items()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: wsgi-crosstalk\nVersion: 0.0\n")
    (installed / "entry_points.txt").write_text(f"[pytest11]\n{name} = {module}\n")
    tests = tmp_path / "tests"
    tests.mkdir()
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    body = "def test_it(crosstalk):\n    assert crosstalk.check(right).verdict == 'valid'\n"
    done = run(tests, body, "-n", "2", load=load, path=path)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
