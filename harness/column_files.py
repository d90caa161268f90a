"""What a column's folder holds besides journals, read as untrusted: resources and details.

Neither decides a verdict, so what can't be read is left out, not an error: a sample that is no number
of ours, a detail of an operation that nobody names.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Collection, Iterable
from pathlib import Path

from harness.store.files import StoreError, read_bytes

from . import records
from .history.canary import UNMARKED, from_text
from .report.data import ResourceSample

#: More samples than a day's at two a second are no target's of ours.
SAMPLES_MAX = 200_000
DETAIL_CHARACTERS_MAX = 4000


def read_resources(path: Path) -> tuple[ResourceSample, ...]:
    """Return the samples of ``resources.csv``; () if there are none."""
    try:
        text = read_bytes(path).decode("utf-8", "replace")
    except StoreError:
        return ()
    samples: list[ResourceSample] = []
    for row in csv.DictReader(io.StringIO(text)):
        if len(samples) == SAMPLES_MAX:
            break
        if (sample := _sample(row)) is not None:
            samples.append(sample)
    return tuple(samples)


def read_details(paths: Iterable[Path], operations: Collection[int]) -> dict[int, str]:
    """Return what came back to *operations*, from details files; each file's first line about one counts."""
    found: dict[int, str] = {}
    for path in paths:
        try:
            lines = read_bytes(path).splitlines()
        except StoreError:
            continue
        for line in lines:
            operation, text = _detail(line)
            if operation in operations:
                found.setdefault(operation, text)
    return found


def _sample(row: dict[str, str]) -> ResourceSample | None:
    try:
        sample = ResourceSample(
            t_s=float(row["t_s"]),
            processes=int(row["processes"]),
            cpu_percent=float(row["cpu_percent"]),
            rss_bytes=int(row["rss_bytes"]),
            threads=int(row["threads"]),
            open_files=int(row["open_files"]),
        )
    except (KeyError, TypeError, ValueError):
        return None
    return sample if math.isfinite(sample.t_s) and math.isfinite(sample.cpu_percent) else None


def _detail(line: bytes) -> tuple[int, str]:
    try:
        fields = records.parse(line, "a detail")
    except records.RecordError:
        return UNMARKED, ""
    if not isinstance(fields, dict):
        return UNMARKED, ""
    operation, text = fields.get("op"), fields.get("text")
    if not isinstance(operation, str) or not isinstance(text, str):
        return UNMARKED, ""
    return from_text(operation), text[:DETAIL_CHARACTERS_MAX]
