"""What a test runner's log keeps is not the application's.

pytest keeps the log's records of a test until it has ended, and with the traceback in a record every frame of
the request that failed. Before anybody looks at what is left, such records keep the text alone, as
they do once they were formatted.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress

_FORMATTER = logging.Formatter()


def let_go_of_tracebacks() -> None:
    """Turn the tracebacks in kept records into text, and their arguments into the message."""
    for record in _kept():
        if record.exc_info:
            record.exc_text = record.exc_text or _FORMATTER.formatException(record.exc_info)
            record.exc_info = None
        with suppress(Exception):  # arguments that don't fit the message: logging has said so
            record.msg = record.getMessage()
        record.args = None


def _kept() -> Iterator[logging.LogRecord]:
    """Yield what handlers that keep their records hold, as pytest's two do."""
    for handler in logging.getLogger().handlers:
        records = getattr(handler, "records", None)
        if isinstance(records, list):
            yield from (each for each in records if isinstance(each, logging.LogRecord))
