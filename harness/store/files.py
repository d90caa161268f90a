"""Files of a run, read as untrusted and written whole.

The rule: a reader never follows what a foreign folder points to (a named pipe, a device, an endless file),
and a writer that fails leaves the old file, and one line that says why.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness import records

#: No JSON or text file of a run comes near this.
BYTES_MAX = 64 << 20
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class StoreError(Exception):
    """A run's folder can't be read or written; the message is one line: whose fault, what to do."""


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file so that a reader finds the old or the new one, never a part.

    :raises StoreError: if it can't be written.
    """
    write_text(path, json.dumps(value, indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text file as :func:`write_json` does."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with writing(path):
        try:
            draft.write_text(text, encoding="utf-8")
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)


def read_json(path: Path) -> Any:
    """Return the parsed content of a JSON file of a run.

    :raises StoreError: if it can't be read or is no JSON.
    """
    try:
        return records.parse(read_bytes(path), path.name)
    except records.RecordError as error:
        raise StoreError(f"{path}: {error}; the run was damaged or is not ours") from error


def append_line(path: Path, line: str) -> None:
    """Append a line at once; several processes may do so to one file.

    :raises StoreError: if it can't be written.
    """
    with writing(path):
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            os.write(handle, (line + "\n").encode())
        finally:
            os.close(handle)


def read_bytes(path: Path) -> bytes:
    """Return the content of a regular file.

    :raises StoreError: if it can't be read, is something else, or too long to be ours.
    """
    try:
        # Not blocking: a named pipe in a foreign folder must not hang us.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
            state = os.fstat(handle)
            if not stat.S_ISREG(state.st_mode):
                raise StoreError(f"{path} is no regular file; the run is not ours")
            if state.st_size > BYTES_MAX:
                raise StoreError(f"{path} has {state.st_size} bytes; no file of ours is that long")
            return file.read(BYTES_MAX)
    except OSError as error:
        raise StoreError(f"can't read {path}: {error.strerror or error}") from error


def regular_files(folder: Path, suffix: str) -> list[Path]:
    """Return the regular files of a folder whose names end so, sorted; [] without the folder."""
    try:
        entries = [entry for entry in os.scandir(folder) if entry.name.endswith(suffix)]
        return sorted(folder / entry.name for entry in entries if entry.is_file(follow_symlinks=False))
    except OSError:
        return []


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn the system's errors in this block into a :class:`StoreError` about *path*."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if isinstance(error, FileExistsError | NotADirectoryError):
            reason = "something that is no folder is in the way"
        advice = "free the disk or" if error.errno in _FULL else "make it writable or"
        raise StoreError(
            f"can't write {error.filename or path}: {reason}; {advice} choose another --reports"
        ) from error
