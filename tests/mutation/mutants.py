"""Mutate the checkers, and compare what no test noticed with the list of what none can.

Run as ``make mutants``; some 3,800 mutants take ten to twenty minutes on two cores. ``survivors.toml`` names each
mutant that may survive, by its function and its change, with the reason why nobody could tell the
difference. A survivor that is not listed fails, and so does a row whose mutant is killed by now.

mutmut makes and runs the mutants, in a copy of the project under ``build/``.
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
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / "build" / "mutation"
COPIED = ("harness", "targetapp", "tests", "pyproject.toml")
SURVIVORS = Path(__file__).with_name("survivors.toml")
#: What mutmut calls a mutant that no test noticed, and one that no test ran.
UNNOTICED = ("survived", "no tests")


class Mutant(NamedTuple):
    """One change of one function."""

    function: str  # module.Class.function, below harness.checkers
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.function}\n    - {self.old}\n    + {self.new}"


def run_mutmut(children: int) -> None:
    """Make a copy of the project, and run all mutants in it."""
    shutil.rmtree(COPY, ignore_errors=True)
    COPY.mkdir(parents=True)
    for name in COPIED:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, COPY / name)
    mutmut = Path(sys.executable).with_name("mutmut")
    subprocess.run([mutmut, "run", "--max-children", str(children)], cwd=COPY, check=True)


def unnoticed() -> Iterator[Mutant]:
    """Yield the mutants of the last run that no test noticed."""
    mutmut = Path(sys.executable).with_name("mutmut")
    done = subprocess.run([mutmut, "results"], cwd=COPY, check=True, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        name, _, state = line.strip().rpartition(": ")
        if state in UNNOTICED:
            yield find(name)


def find(name: str) -> Mutant:
    """Return what the mutant called *name* by mutmut changes: ``package.module.xǁClassǁfunction__mutmut_7``."""
    package, _, mangled = name.rpartition(".")
    original = mangled.partition("__mutmut_")[0]
    path = COPY / "mutants" / Path(*package.split(".")).with_suffix(".py")
    text = path.read_text(encoding="utf-8")
    functions = {node.name: node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
    before, after = (
        (ast.get_source_segment(text, functions[each]) or "").splitlines()[1:]
        for each in (f"{original}__mutmut_orig", mangled)
    )
    changed = [line for line in difflib.ndiff(before, after) if line[0] in "-+"]
    old, new = (" ".join(line[1:].strip() for line in changed if line[0] == sign) for sign in "-+")
    words = original.removeprefix("x").removeprefix("_").strip("ǁ").replace("ǁ", ".")
    return Mutant(f"{package.rpartition('.')[2]}.{words}", old, new)


def listed() -> dict[Mutant, str]:
    """Return the mutants that may survive, with the reason."""
    rows = tomllib.loads(SURVIVORS.read_text(encoding="utf-8"))["survivor"]
    return {Mutant(row["function"], row["old"], row["new"]): row["reason"] for row in rows}


def main(arguments: list[str]) -> int:
    """Run, compare, tell; 0 if what survived is what is listed."""
    parser = argparse.ArgumentParser(description=__doc__, prog="mutants")
    parser.add_argument("--children", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--again", action="store_true", help="compare what the last run found")
    options = parser.parse_args(arguments)
    if not options.again:
        run_mutmut(options.children)
    found, allowed = set(unnoticed()), listed()
    for mutant in sorted(found - set(allowed)):
        print(f"survived, and is not listed: {mutant}")
    for mutant in sorted(set(allowed) - found):
        print(f"listed, and is killed by now: {mutant}")
    print(f"{len(found)} mutants survived, {len(found & set(allowed))} of them listed with a reason")
    return int(found != set(allowed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
