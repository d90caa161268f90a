"""What a column's folder holds besides journals, read as untrusted: resources, details, places.

Neither decides a verdict, so what can't be read is left out, not an error: a sample that is no number
of ours, a detail of an operation that nobody names.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from harness.store.files import StoreError, read_bytes, read_json

from . import records
from .history.canary import ABSENT, UNMARKED, from_text
from .report.data import CodePlace, Detail, ResourceSample

#: More samples than a day's at two a second are no target's of ours.
SAMPLES_MAX = 200_000
DETAIL_CHARACTERS_MAX = 4000
#: More names than there are checkpoints.
PLACES_MAX = 200
#: More names than a process tells of.
NAMES_MAX = 5_000
NAME_CHARACTERS_MAX = 1_000


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


def read_details(paths: Iterable[Path], operations: Collection[int]) -> dict[int, Detail]:
    """Return what was sent for *operations* and came back; each file's first line about one counts."""
    found: dict[int, Detail] = {}
    for path in paths:
        try:
            lines = read_bytes(path).splitlines()
        except StoreError:
            continue
        for line in lines:
            operation, detail = _detail(line)
            if operation in operations:
                found.setdefault(operation, detail)
    return found


def read_places(paths: Iterable[Path]) -> dict[str, CodePlace]:
    """Return where in the target's code each checkpoint is announced; the first process to say counts."""
    found: dict[str, CodePlace] = {}
    for path in paths:
        try:
            said = read_json(path)
        except StoreError:
            continue
        if not isinstance(said, dict):
            continue
        for name, fields in list(said.items())[:PLACES_MAX]:
            with suppress(records.RecordError):
                found.setdefault(str(name), records.from_json(CodePlace, fields, path.name))
    return found


def read_names(paths: Iterable[Path]) -> dict[int, str]:
    """Return what the numbers in RESIDUE records stand for: variables and paths, by type and attribute."""
    found: dict[int, str] = {}
    for path in paths:
        try:
            said = read_json(path)
        except StoreError:
            continue
        if not isinstance(said, dict):
            continue
        for digits, name in list(said.items())[:NAMES_MAX]:
            number = from_text(str(digits))
            if number not in (ABSENT, UNMARKED) and isinstance(name, str):
                found.setdefault(number, name[:NAME_CHARACTERS_MAX])
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


def _detail(line: bytes) -> tuple[int, Detail]:
    try:
        fields = records.parse(line, "a detail")
    except records.RecordError:
        return UNMARKED, Detail("")
    if not isinstance(fields, dict):
        return UNMARKED, Detail("")
    operation, text, sent = fields.get("op"), fields.get("text"), fields.get("sent", "")
    if not isinstance(operation, str) or not isinstance(text, str) or not isinstance(sent, str):
        return UNMARKED, Detail("")
    return from_text(operation), Detail(text[:DETAIL_CHARACTERS_MAX], sent[:DETAIL_CHARACTERS_MAX])
