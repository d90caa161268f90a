"""The object that the fixture ``crosstalk`` gives to a test.

What a test run decides (the seed, how often to run again, a marker's operations) is joined here with what the
test asks for; a verdict that is not *valid* becomes a failure that the plugin shows without a stack.
"""

from __future__ import annotations

import dataclasses
import itertools
import random
from collections.abc import Callable, Mapping, Sequence
from inspect import isfunction, signature
from pathlib import Path

from harness.target import WSGIApplication

from .asking import DEFAULT_OPERATIONS, Asked, AskedWrongError, Checked
from .child import check_in_child
from .naming import name_app

#: How often a seed that was given is run.
RERUNS = 5
SEEDS = 1 << 31


class NotIsolatedError(AssertionError):
    """A check was not valid; the message is what to show."""


@dataclasses.dataclass(frozen=True, slots=True)
class TestRun:
    """What the test run says of one test.

    :param folder: an empty folder of the test's own. :param operations: at least so many, by a marker.
    :param seed: given by ``--crosstalk-seed``: run again and again; None: drawn.
    :param again: what to type to run the test again, with ``{seed}``.
    """

    __test__ = False  # not a class of tests

    folder: Path
    root: str
    operations: int = 0
    seed: int | None = None
    again: str = ""
    note: Callable[[str], None] = lambda text: None


class Crosstalk:
    """Checks applications; one for each test that asks for the fixture."""

    def __init__(self, run: TestRun) -> None:
        self._run = run
        self._numbers = itertools.count(1)

    def check(
        self,
        app: WSGIApplication | str,
        worker_model: str = "thread",
        operations: int = DEFAULT_OPERATIONS,
        *,
        http: bool = False,
        urls: Sequence[str] = (),
        methods: Sequence[str] = ("GET", "HEAD"),
        exclude: Sequence[str] = (),
        shared: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        **more: int | bool | str,
    ) -> Checked:
        """Drive *app* with several callers at once, and fail unless none finds anything of another's.

        :param app: a WSGI application, or the name of one (``package.module:app``).
        :param worker_model: ``thread``, or ``greenlet`` (in a process of its own).
        :param operations: requests in all; a marker may ask for more. :param http: over HTTP on loopback.
        :param urls: requests such as ``GET /search?q={canary}``, instead of the app's own routes.
        :param methods: to be asked for. :param exclude: rules to leave out.
        :param shared: rules and fields by which callers publish on purpose.
        :param headers: sent with every request; a ``Host`` among them replaces ``localhost``.
        :param more: ``clients``, ``workers``, ``cache_max``, ``yields``, ``root``, ``seed``.
        :raises NotIsolatedError: if the verdict is *invalid* or *unknown*.
        :raises AskedWrongError: if that can't be checked; one line that says what to do.
        """
        known = {field.name for field in dataclasses.fields(Asked)}
        unknown = [name for name in more if name not in known]
        if unknown:
            raise AskedWrongError(f"check() takes no {unknown[0]!r}: see docs/pytest.md")
        for name, given in {"urls": urls, "methods": methods, "exclude": exclude, "shared": shared}.items():
            if isinstance(given, str):  # its letters would be taken for routes
                raise AskedWrongError(f"{name}={given!r} is one text: give a list, as in {name}=[{given!r}]")
        if not isinstance(operations, int):
            raise AskedWrongError(f"operations={operations!r} is no number of requests")
        if headers is not None and not isinstance(headers, Mapping):
            raise AskedWrongError("headers: give a dict, as in headers={'Host': 'example.org'}")
        wanted = more.pop("seed", None)
        seed = wanted if self._run.seed is None else self._run.seed
        asked = Asked(
            worker_model=worker_model,
            operations=max(operations, self._run.operations),
            http=http,
            urls=tuple(urls),
            methods=tuple(method.upper() for method in methods),
            exclude=tuple(exclude),
            shared=tuple(shared),
            headers=tuple((headers or {}).items()),
            home=self._run.root,
            **more,  # type: ignore[arg-type]
        )
        asked = dataclasses.replace(asked, seed=int(seed) if seed is not None else _draw_seed())
        asked.verify()
        runs = [self._once(app, asked) for _ in range(1 if self._run.seed is None else RERUNS)]
        return self._conclude(runs, asked)

    def _once(self, app: WSGIApplication | str, asked: Asked) -> Checked:
        from .checking import check

        folder = self._run.folder / f"check-{next(self._numbers)}"
        if asked.worker_model == "greenlet":
            return check_in_child(name_app(app), asked, folder)
        if not isinstance(app, str) and not callable(app):
            raise AskedWrongError(
                f"{type(app).__name__} is no WSGI application: give the app itself or its name"
            )
        if isfunction(app) and not _takes_two(app):
            name = app.__name__
            raise AskedWrongError(
                f"{name} is no WSGI application, which takes (environ, start_response): if it makes one, "
                f"give what it returns, as in check({name}())"
            )
        return check(app, asked, folder)

    def _conclude(self, runs: Sequence[Checked], asked: Asked) -> Checked:
        worst = max(runs, key=lambda one: _RANK[one.verdict])
        lines = [worst.text]
        if len(runs) > 1:
            found = sum(one.verdict == "invalid" for one in runs)
            lines += ["", f"seed {asked.seed}: {found} of {len(runs)} reruns found it"]
            self._run.note(lines[-1])
        if worst.verdict == "valid":
            return worst
        if self._run.again and len(runs) == 1:
            lines += ["", f"run it again: {self._run.again.format(seed=asked.seed)}"]
        raise NotIsolatedError("\n".join(lines))


def _takes_two(function: Callable[..., object]) -> bool:
    try:
        signature(function).bind({}, None)
    except TypeError:
        return False
    return True


_RANK = {"valid": 0, "unknown": 1, "invalid": 2}


def _draw_seed() -> int:
    # Of the system's: a test run that seeds `random` draws another seed each time all the same.
    return random.SystemRandom().randrange(SEEDS)
