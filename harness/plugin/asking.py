"""What a test asks for: the arguments of ``crosstalk.check``, and what comes of them. Plain data."""

from __future__ import annotations

from dataclasses import dataclass

from harness.inside.residue.keeping import CACHE_MAX

DEFAULT_OPERATIONS = 2000
CLIENTS = 8
WORKERS = 4
MODELS = ("thread", "greenlet")


class AskedWrongError(Exception):
    """What was asked for can't be done; the message is one line that says what to do instead."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One check.

    :param operations: requests in all. :param workers: threads or greenlets that serve.
    :param urls: requests in the notation of ``--urls``, instead of the app's own routes.
    :param shared: routes and fields by which callers publish on purpose.
    :param headers: what is sent with every request.
    :param cache_max: the most entries of a cache keyed by its caller.
    :param root: the folder of the app's own code, at whose calls others are let run; '' if none was named.
    :param home: taken for it then, unless the app is known by a name: that tells where its code lies.
    """

    worker_model: str = "thread"
    operations: int = DEFAULT_OPERATIONS
    http: bool = False
    clients: int = CLIENTS
    workers: int = WORKERS
    urls: tuple[str, ...] = ()
    methods: tuple[str, ...] = ("GET", "HEAD")
    exclude: tuple[str, ...] = ()
    shared: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    cache_max: int = CACHE_MAX
    yields: bool = True
    root: str = ""
    home: str = "."
    seed: int = 0

    def verify(self) -> None:
        """Refuse what makes no sense.

        :raises AskedWrongError: in one line.
        """
        if self.worker_model == "process":
            raise AskedWrongError(
                "worker_model='process' needs a server: run  crosstalk run --app MODULE:APP "
                "--worker-model process"
            )
        if self.worker_model not in MODELS:
            raise AskedWrongError(
                f"there is no worker_model {self.worker_model!r}: use 'thread' or 'greenlet'"
            )
        if self.worker_model == "greenlet" and self.http:
            raise AskedWrongError(
                "greenlets are checked in-process: leave http=True out, or run  "
                "crosstalk run --app MODULE:APP --worker-model greenlet"
            )
        for name in ("operations", "clients", "workers"):
            if getattr(self, name) < 1:
                raise AskedWrongError(f"{name}={getattr(self, name)}: give at least 1")
        if self.clients < 2:
            raise AskedWrongError("clients=1: it takes two callers to mix up; give at least 2")


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check came to; ``text`` is for people, made inert."""

    verdict: str  # "valid", "unknown", "invalid"
    text: str
    seed: int
    operations: int
    anomalies: tuple[str, ...] = ()  # "B1 foreign-body"
