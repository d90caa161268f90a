"""The golden copy's file, and the page of the documentation that is made of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.records import RecordError
from harness.report.sensitivity.markdown import put_between, render_markdown
from harness.report.sensitivity.rows import About, table_of_golden
from harness.sensitivity.expectation import COLUMNS
from harness.sensitivity.expectations import EXPECTATIONS, find_expectation
from harness.sensitivity.golden import Golden, GoldenCell, from_text, to_text
from harness.store.files import StoreError, read_bytes, write_text
from harness.target import describe_faults

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = ROOT / "tests" / "sensitivity" / "golden" / "matrix.json"
DOCS = ROOT / "docs" / "sensitivity.md"


def read_golden(path: Path) -> dict[str, dict[str, GoldenCell]]:
    """Return the golden copy; nothing if there is none.

    :raises StoreError: if it can't be read or is none.
    """
    if not path.exists():
        return {}
    try:
        return from_text(read_bytes(path), path.name)
    except RecordError as error:
        raise StoreError(f"{path}: {error}; remove it and renew it with --update-golden") from error


def write_golden(path: Path, golden: Golden, order: Sequence[str]) -> list[Path]:
    """Write the copy, and, of the project's own, the page that is made of it; return what was written.

    :raises StoreError: if that is impossible.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, to_text(golden, tuple(order)))
    if path.resolve() != GOLDEN or not DOCS.exists():
        return [path]
    try:
        write_text(DOCS, make_docs(DOCS.read_text(encoding="utf-8"), golden))
    except (OSError, ValueError) as error:
        raise StoreError(f"{DOCS} can't be renewed: {error}") from error
    return [path, DOCS]


def make_docs(page: str, golden: Golden) -> str:
    """Return docs/sensitivity.md with the tables of this golden copy.

    :raises ValueError: if the page has no place for them.
    """
    table = table_of_golden(golden, describe(), tuple(COLUMNS), must)
    return put_between(page, render_markdown(table, laws_of))


def describe() -> dict[str, About]:
    """Return what each fault is."""
    return {
        row.id: About(row.id, row.fault_class, row.reference, row.mechanism)
        for row in describe_faults().values()
    }


def must(fault: str, column: str) -> bool:
    """Whether a fault has to be found in a column; not if nothing is expected of it any more."""
    try:
        return bool(find_expectation(fault, column).must)
    except LookupError:
        return False


def laws_of(fault: str) -> str:
    """Return the invariants that a fault has to break in one of the columns."""
    laws = {law for row in EXPECTATIONS if row.fault == fault for law in row.must}
    return ", ".join(sorted(laws, key=lambda law: (len(law), law))) or "nothing"
