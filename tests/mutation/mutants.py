"""Mutate the checkers, and compare what no test noticed with the list of what none can.

Run as ``make mutants``. ``survivors.toml`` names each mutant that may survive, by its function and its
change, under the reason why nobody could tell the difference. A survivor that is not listed fails, and
so does a row whose mutant is killed by now, and a mutant that was not tried.

mutmut makes and runs the mutants, in a copy of the project under ``build/``. With ``--again`` only those
run that survived or whose function has changed: after a test was written, with what it cost to wait.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import os
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / "build" / "mutation"
COPIED = ("harness", "targetapp", "tests", "pytest_crosstalk.py", "pyproject.toml")
SURVIVORS = Path(__file__).with_name("survivors.toml")
#: What mutmut calls a mutant that made a test fail, or go on for too long.
NOTICED = frozenset({"killed", "timeout"})


class Mutant(NamedTuple):
    """One change of one function."""

    function: str  # module.Class.function, below harness.checkers
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.function}\n    - {self.old}\n    + {self.new}"


def mutmut(*arguments: str, stdout: int | None = None) -> str:
    """Run mutmut in the copy; return what it printed, if *stdout* is a pipe."""
    command = [str(Path(sys.executable).with_name("mutmut")), *arguments]
    return str(subprocess.run(command, cwd=COPY, check=True, stdout=stdout, text=True).stdout)


def copy_project() -> None:
    """Bring the copy of the project up to date; what mutmut knows of it stays."""
    for name in COPIED:
        source, copy = ROOT / name, COPY / name
        shutil.rmtree(copy, ignore_errors=True)
        if source.is_dir():
            shutil.copytree(source, copy)
        else:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)


def run(children: int, *, again: bool) -> None:
    """Run all mutants; with *again* those that survived, and those of functions that have changed."""
    options = ("--max-children", str(children))
    if not again:
        shutil.rmtree(COPY, ignore_errors=True)
    copy_project()
    mutmut("run", *options)
    if again:
        mutmut("run", *options, *(name for name, state in states() if state not in NOTICED))


def states() -> Iterator[tuple[str, str]]:
    """Yield mutmut's name of each mutant, and what became of it in the last run."""
    for line in mutmut("results", "--all", "true", stdout=subprocess.PIPE).splitlines():
        name, _, state = line.strip().rpartition(": ")
        if name:
            yield name, state


@cache
def functions(path: Path) -> dict[str, list[str]]:
    """Return the lines of each function of a file of mutants, without its head."""
    text = path.read_text(encoding="utf-8")
    nodes = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef))
    lines = text.splitlines()
    return {node.name: lines[node.lineno : node.end_lineno] for node in nodes}


def find(name: str) -> Mutant:
    """Return what a mutant changes, by its name of the form ``package.module.xǁClassǁfunction__mutmut_7``."""
    package, _, mangled = name.rpartition(".")
    original = mangled.partition("__mutmut_")[0]
    known = functions(COPY / "mutants" / Path(*package.split(".")).with_suffix(".py"))
    before, after = known[f"{original}__mutmut_orig"], known[mangled]
    changed = [line for line in difflib.ndiff(before, after) if line[0] in "-+"]
    old, new = (" ".join(line[1:].strip() for line in changed if line[0] == sign) for sign in "-+")
    words = original.removeprefix("x").removeprefix("_").strip("ǁ").replace("ǁ", ".")
    return Mutant(f"{package.rpartition('.')[2]}.{words}", old, new)


def listed() -> set[Mutant]:
    """Return the mutants that may survive."""
    groups = tomllib.loads(SURVIVORS.read_text(encoding="utf-8"))["equivalent"]
    if not all(group["reason"].strip() for group in groups):
        raise ValueError(f"{SURVIVORS.name}: a group of mutants has no reason")
    return {Mutant(*mutant) for group in groups for mutant in group["mutants"]}


def main(arguments: list[str]) -> int:
    """Run, compare, tell; 0 if what survived is what is listed."""
    parser = argparse.ArgumentParser(description=__doc__, prog="mutants")
    parser.add_argument("--children", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--again", action="store_true", help="only survivors, and what has changed")
    parser.add_argument("--compare", action="store_true", help="only compare what the last run found")
    options = parser.parse_args(arguments)
    if not options.compare:
        run(options.children, again=options.again)
    became = dict(states())
    found = {find(name) for name, state in became.items() if state not in NOTICED}
    allowed = listed()
    for mutant in sorted(found - allowed):
        print(f"survived, and is not listed: {mutant}")
    for mutant in sorted(allowed - found):
        print(f"listed, and is killed by now: {mutant}")
    counts = ", ".join(f"{number:,} {state}" for state, number in Counter(became.values()).most_common())
    print(
        f"{len(became):,} mutants: {counts}; {len(found & allowed)} of {len(found)} are listed with a reason"
    )
    return int(found != allowed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
