"""`crosstalk`: the command line, and the only place that prints.

Exit codes: 0 valid, 1 invalid, 2 unknown, 3 wrong usage or the harness failed. What a person did
wrong is one line that says so; a traceback is a bug of ours.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

from harness.options.table import (
    OPTIONS,
    REFERENCE,
    RUN,
    SERVE,
    UsageError,
    check_processes,
    only_column,
    parse_settings,
)
from harness.store.files import StoreError

from .commands.terminal import Terminal
from .inert import inert_block
from .verdict import EXIT_HARNESS_FAILED
from .workers.failure import TargetError, with_log
from .workers.table import UnknownWorkersError

USERS = 50
#: The models that `crosstalk run` runs unless it is told which.
WHOLE_MATRIX = "thread,greenlet,process"


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line and exits 3: argparse's own 2 means *unknown* here."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


class _Printer:
    """The terminal; what it is given is made inert, but for the colours of our own reports."""

    def __init__(self) -> None:
        self._live = sys.stdout.isatty()
        self._shown = 0

    @property
    def colour(self) -> bool:
        wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return self._live and wanted

    def say(self, text: str = "") -> None:
        self._clear()
        print(text, flush=True)

    def progress(self, text: str) -> None:
        if self._live:
            self._clear()
            # A line that wraps could not be taken back.
            shown = text[: max(shutil.get_terminal_size().columns - 1, 0)]
            print(shown, end="\r", flush=True)
            self._shown = len(shown)

    def complain(self, text: str) -> None:
        self._clear()
        print(f"crosstalk: {inert_block(text)}", file=sys.stderr, flush=True)

    def _clear(self) -> None:
        if self._shown:
            print(" " * self._shown, end="\r", flush=True)
            self._shown = 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    terminal = _Printer()
    try:
        parsed = _parse(given)
        return int(parsed.execute(parsed, ("crosstalk", *given), terminal))
    except TargetError as error:
        terminal.complain(with_log(str(error), error.log_lines))
        return EXIT_HARNESS_FAILED
    except (UsageError, StoreError, UnknownWorkersError) as error:
        terminal.complain(str(error))
        return EXIT_HARNESS_FAILED
    except KeyboardInterrupt:
        terminal.complain("interrupted before anything was recorded")
        return EXIT_HARNESS_FAILED
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone; there is nobody to tell
        return EXIT_HARNESS_FAILED
    except Exception as error:
        # Python's own exit code for a traceback is 1, which means *invalid* here.
        if os.environ.get("CROSSTALK_TRACEBACK"):
            traceback.print_exc()
        terminal.complain(f"a bug of crosstalk, please report it: {type(error).__name__}: {error}")
        return EXIT_HARNESS_FAILED


def _parse(given: list[str]) -> argparse.Namespace:
    """Parse as argparse does, but point to the help of the command that an unknown option was given to.

    :raises UsageError: if something is wrong.
    """
    parsed, unknown = make_parser().parse_known_args(given)
    if unknown:
        raise UsageError(
            f"unrecognized arguments: {' '.join(unknown)} (see crosstalk {parsed.command} --help)"
        )
    return parsed


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    parser = _Parser(
        prog="crosstalk",
        description="Can one caller's request, session or g reach another's? Do teardown hooks always run?",
        epilog="exit codes: 0 valid, 1 invalid, 2 unknown, 3 wrong usage or the harness failed",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=_Parser)
    _add_run(commands)
    _add_serve(commands)
    _add_check(commands)
    _add_report(commands)
    _add_open(commands)
    _add_prune(commands)
    _add_trace(commands)
    _add_doctor(commands)
    return parser


def _command(commands: Any, name: str, summary: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=summary, allow_abbrev=False
    )
    parser.set_defaults(command=name)
    return parser


def _add_options(parser: argparse.ArgumentParser, offered: str) -> None:
    """Add our table's options, as text: :func:`harness.options.table.parse_settings` reads them."""
    for option in OPTIONS:
        if offered not in option.offered:
            continue
        if option.flag:
            parser.add_argument(option.name, action="store_true", help=option.help)
            continue
        default = f" (default: {option.default})" if option.default else ""
        parser.add_argument(option.name, default="", metavar=option.metavar, help=option.help + default)


def _whole(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 to 100000")
    return int(text)


def _processes(text: str) -> int:
    number = check_processes(text)
    return number if number > 0 else os.cpu_count() or 1


def _add_run(commands: Any) -> None:
    parser = _command(commands, "run", "run the whole matrix and give one verdict")
    _add_options(parser, RUN)
    parser.add_argument("--users", type=_whole, default=USERS, metavar="N", help=f"users at once ({USERS})")
    parser.add_argument(
        "--processes",
        type=_processes,
        default=1,
        metavar="N",
        help="Locust processes that send operations (1); -1: one for each core",
    )
    parser.set_defaults(execute=_run)


def _run(parsed: argparse.Namespace, command: tuple[str, ...], terminal: Terminal) -> int:
    from harness.commands.loading import Crowd
    from harness.options.catalogue import gather_catalogue

    from .commands.run import Matrix, execute

    catalogue = gather_catalogue()
    values = {
        **vars(parsed),
        "worker_model": parsed.worker_model or WHOLE_MATRIX,
        "any_model": not parsed.worker_model,
    }
    settings = parse_settings(values, catalogue)
    crowd = Crowd(parsed.users, float(parsed.users), parsed.processes)
    return execute(Matrix(settings, crowd, command), catalogue, terminal)


def _add_serve(commands: Any) -> None:
    parser = _command(commands, "serve", "host the target, for a load that is started elsewhere")
    _add_options(parser, SERVE)
    parser.set_defaults(execute=_serve)


def _serve(parsed: argparse.Namespace, command: tuple[str, ...], terminal: Terminal) -> int:
    from harness.options.catalogue import gather_catalogue

    from .commands.serve import execute

    catalogue = gather_catalogue()
    settings = only_column(parse_settings(vars(parsed), catalogue), catalogue)
    return execute(settings, command, terminal)


def _add_check(commands: Any) -> None:
    parser = _command(commands, "check", "judge a recorded run again, offline")
    parser.add_argument("run", metavar="RUN", help="the run's folder, such as reports/20260101-120000-abc123")
    parser.set_defaults(execute=_check)


def _check(parsed: argparse.Namespace, command: tuple[str, ...], terminal: Terminal) -> int:
    from .commands.check import execute

    return execute(parsed.run, terminal)


def _add_reports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reports", default="reports", metavar="DIR", help="the folder that holds the runs")


def _add_report(commands: Any) -> None:
    parser = _command(commands, "report", "compare runs: what changed, and is it more than noise")
    parser.add_argument("runs", nargs="+", metavar="RUN", help="folders of runs; the first is the baseline")
    parser.add_argument(
        "--page", default="", metavar="FILE", help="the page to write (comparison.html beside the last run)"
    )
    parser.set_defaults(execute=_report)


def _report(parsed: argparse.Namespace, command: tuple[str, ...], terminal: Terminal) -> int:
    from .commands.report import execute

    return execute(parsed.runs, parsed.page, terminal)


def _add_open(commands: Any) -> None:
    parser = _command(commands, "open", "show a report in the browser, the newest unless one is named")
    parser.add_argument("run", nargs="?", default="", metavar="RUN", help="the run's folder")
    parser.add_argument("--index", action="store_true", help="the list of all runs instead")
    _add_reports(parser)
    parser.set_defaults(execute=_open)


def _open(parsed: argparse.Namespace, command: tuple[str, ...], terminal: Terminal) -> int:
    from .commands.open import execute

    return execute(parsed.run, parsed.reports, index=parsed.index, terminal=terminal)


def _add_prune(commands: Any) -> None:
    parser = _command(commands, "prune", "delete old runs, and say which")
    parser.add_argument("--keep", type=_whole, required=True, metavar="N", help="how many of the newest stay")
    parser.add_argument("--dry-run", action="store_true", help="delete nothing, only say what would be")
    _add_reports(parser)
    parser.set_defaults(execute=_prune)


def _prune(parsed: argparse.Namespace, command: tuple[str, ...], terminal: Terminal) -> int:
    from .commands.prune import execute

    return execute(parsed.keep, parsed.reports, dry=parsed.dry_run, terminal=terminal)


def _add_trace(commands: Any) -> None:
    parser = _command(commands, "trace", "show the steps of one request, each with its file and line")
    parser.add_argument("path", metavar="PATH", help="the path to request, such as /echo?canary=1")
    parser.add_argument("--method", default="GET", metavar="METHOD", help="the request's method (GET)")
    parser.add_argument("--target", default=REFERENCE, metavar="MODULE:NAME", help="the application")
    parser.add_argument("--target-python", default="", metavar="PATH", help="the interpreter that runs it")
    parser.add_argument("--faults", default="", metavar="ID,...", help="seeded defects to switch on")
    parser.set_defaults(execute=_trace)


def _trace(parsed: argparse.Namespace, command: tuple[str, ...], terminal: Terminal) -> int:
    from harness.options.catalogue import gather_catalogue

    from .commands.trace import Request, execute

    settings = parse_settings(vars(parsed), gather_catalogue())
    request = Request(
        parsed.path, parsed.method.upper(), settings.target, settings.target_python, settings.faults
    )
    return execute(request, terminal)


def _add_doctor(commands: Any) -> None:
    parser = _command(commands, "doctor", "look at what this machine has of what a run needs")
    _add_reports(parser)
    parser.set_defaults(execute=_doctor)


def _doctor(parsed: argparse.Namespace, command: tuple[str, ...], terminal: Terminal) -> int:
    from .commands.doctor import execute

    return execute(parsed.reports, terminal)
