"""A target's process in miniature: where contexts are kept, what runs here, what was recorded."""

from __future__ import annotations

import types
from dataclasses import dataclass, field
from typing import Any

from harness.history.canary import CanaryKind, make_canary, to_text
from harness.history.columns import Records
from harness.history.journal import JournalWriter
from harness.history.layout import Kind
from harness.history.reader import open_journal
from harness.inside.locality import Here, Locality
from harness.inside.observer import Observer
from harness.inside.sight import OP_KEY, WORD_KEY

OPERATION = make_canary(CanaryKind.OPERATION, 0, 1, 5)
SESSION = make_canary(CanaryKind.SESSION, 0, 1, 2)
NAMES = ("op", "request", "session", "g", "value", "activation", "point", "kind", "app", "detail")


class Context:
    """A request context or an app context, by its attributes."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


@dataclass
class Process:
    """One observer, and what it wrote."""

    observer: Observer
    locality: Locality
    contexts: Any
    app: object
    journals: list[JournalWriter]
    complaints: list[str] = field(default_factory=list)

    def enter(self, number: int = OPERATION, session: int = SESSION, scenario: int = 2) -> Here:
        """Let an operation run here."""
        here = Here(self.locality.here().where, number, session, scenario)
        self.locality.put(here)
        return here

    def request_context(self, number: int = OPERATION, session: object = None) -> Context:
        """Return a request context of that operation's request."""
        environ = {OP_KEY: number, WORD_KEY: number.to_bytes(8, "little")}
        request = types.SimpleNamespace(environ=environ)
        return Context(request=request, session=session, crosstalk_activation=41)

    def app_context(self, app: object = None, **attributes: Any) -> Context:
        """Return an app context whose g has these attributes."""
        g = types.SimpleNamespace(**attributes)
        return Context(app=app or self.app, g=g, crosstalk_activation=40)

    def hold(self, request: object = None, app: object = None) -> None:
        """Make these contexts current."""
        self.contexts.request_var.set(request)
        self.contexts.app_var.set(app)

    def records(self) -> list[Records]:
        """Close the journals; return their records."""
        self.observer.close()
        batches = [b for j in self.journals for b in open_journal(j.path, "server/1").batches()]
        return [record for batch in batches for record in batch.records]

    def rows(self) -> list[dict[str, int]]:
        """Return the records by name."""
        return [{name: int(record[name]) for name in NAMES} for record in self.records()]

    def kinds(self) -> list[Kind]:
        """Return what happened, in order."""
        return [Kind(int(record["kind"])) for record in self.records()]


def crosstalk_header(number: int = OPERATION, session: int = SESSION, scenario: int = 2) -> str:
    """Return the header that names an operation."""
    return f"{to_text(number)}.{to_text(session)}.{scenario:02x}"
