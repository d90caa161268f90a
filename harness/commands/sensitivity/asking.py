"""What somebody asked of `crosstalk sensitivity`, and the cells that makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.options.table import UsageError
from harness.sensitivity.expectation import COLUMNS
from harness.sensitivity.expectations import EXPECTATIONS, find_expectation
from harness.target import known_faults

from .cell import Task

FORMATS = ("text", "json", "html", "md")
Key = tuple[str, str]  # a fault, '' for none, and a column


@dataclass(frozen=True, slots=True)
class Asked:
    """The options; what is text was not validated yet."""

    faults: str = ""  # '' for all, with the target that has none
    columns: str = ""
    seed: int = 7
    seeds: int = 1
    operations: int = 500
    first: bool = False
    jobs: int = 0  # 0: one for each core
    out: str = ""
    format: str = "text"
    golden: str = ""
    update_golden: bool = False


def all_faults() -> list[str]:
    """Return every fault that there is, by class, or that anything is expected of; '' first."""
    return list(dict.fromkeys(("", *known_faults(), *(row.fault for row in EXPECTATIONS))))


def choose(asked: Asked) -> list[Key]:
    """Return the cells asked for, in the order they are shown.

    :raises UsageError: if a fault or a column is named that isn't there, or options exclude each other.
    """
    if asked.format not in FORMATS:
        raise UsageError(f"--format: there is no {asked.format!r}; choose from {', '.join(FORMATS)}")
    if asked.first and asked.update_golden:
        raise UsageError("--update-golden needs whole cells, --first cuts them short: give one of them")
    faults = all_faults()
    if asked.faults:
        faults = _chosen("--faults", asked.faults, faults[1:])
    columns = _chosen("--columns", asked.columns, tuple(COLUMNS)) if asked.columns else list(COLUMNS)
    return [(fault, column) for fault in faults for column in columns]


def make_tasks(keys: Sequence[Key], seeds: Sequence[int], asked: Asked, folder: str) -> list[Task]:
    """Return a task for each cell and seed.

    :raises UsageError: if nothing is expected of one of them.
    """
    try:
        return [
            Task(
                find_expectation(fault, column),
                column,
                seed,
                asked.operations,
                folder,
                first=asked.first,
                keep=bool(asked.out),
            )
            for seed in seeds
            for fault, column in keys
        ]
    except LookupError as error:
        raise UsageError(str(error.args[0])) from error


def _chosen(name: str, text: str, known: Sequence[str]) -> list[str]:
    chosen = list(dict.fromkeys(item.strip() for item in text.split(",") if item.strip()))
    for item in chosen:
        if item not in known:
            raise UsageError(f"{name}: there is no {item!r}; choose from {', '.join(sorted(known))}")
    return chosen
