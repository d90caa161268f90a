"""The options of `locust -f`, `crosstalk run` and `crosstalk serve`: one table."""

from __future__ import annotations

from dataclasses import dataclass

from harness.workers.spec import DEFAULT_TARGET
from harness.workers.table import MODELS as WORKER_MODELS

MODELS = tuple(WORKER_MODELS)

#: Where an option is offered.
LOCUST, RUN, SERVE = "locust", "run", "serve"
_EVERYWHERE = frozenset({LOCUST, RUN, SERVE})
_LOAD = frozenset({LOCUST, RUN})
#: The reference target: the only one whose faults are known here.
REFERENCE = DEFAULT_TARGET


@dataclass(frozen=True, slots=True)
class Option:
    """One option; ``default`` is text, '' where the default is decided later."""

    name: str  # "--worker-model"
    help: str
    default: str = ""
    form: bool = False  # may be set in Locust's web form
    flag: bool = False  # takes no value; "no_..." names are flags too
    choices: tuple[str, ...] = ()
    offered: frozenset[str] = _EVERYWHERE
    metavar: str = ""

    @property
    def dest(self) -> str:
        """The attribute that holds its value: ``worker_model``."""
        return self.name.lstrip("-").replace("-", "_")


OPTIONS: tuple[Option, ...] = (
    Option(
        "--worker-model",
        "how the target runs requests: thread, greenlet or process "
        "(`crosstalk run`: several, separated by commas)",
        form=True,
        choices=MODELS,
        metavar="MODEL",
    ),
    Option(
        "--server",
        "the server that hosts the target; the model's first one by default "
        "(`crosstalk run`: several, or 'all')",
        form=True,
        metavar="SERVER",
    ),
    Option("--concurrency", "threads, greenlets or processes of the target", form=True, metavar="N"),
    Option(
        "--faults",
        "seeded defects to switch on in the reference target, separated by commas",
        form=True,
        metavar="ID,...",
    ),
    Option(
        "--operations",
        "end after this many operations, over all users of a column",
        form=True,
        offered=_LOAD,
        metavar="N",
    ),
    Option(
        "--duration",
        "end after this many seconds of load, not counting the start of the target",
        form=True,
        offered=_LOAD,
        metavar="SECONDS",
    ),
    Option(
        "--scenarios",
        "send only these kinds of operations, separated by commas",
        form=True,
        offered=_LOAD,
        metavar="NAME,...",
    ),
    Option(
        "--without",
        "send all of these kinds of operations but those named, separated by commas",
        form=True,
        offered=_LOAD,
        metavar="NAME,...",
    ),
    Option("--seed", "seed of the workload; a random one by default", form=True, metavar="N"),
    Option(
        "--no-yields",
        "don't switch workers at checkpoints, nor at calls in an app's own code",
        flag=True,
        form=True,
    ),
    Option(
        "--switch-interval-s",
        "how often the target's threads may switch",
        default="1e-05",
        form=True,
        metavar="SECONDS",
    ),
    Option(
        "--timeout-s",
        "how long an operation may take before its outcome is unknown",
        default="10",
        form=True,
        offered=_LOAD,
        metavar="SECONDS",
    ),
    Option(
        "--drain-timeout-s",
        "how long to wait for each Locust worker's recording at the end",
        default="10",
        offered=_LOAD,
        metavar="SECONDS",
    ),
    Option("--reports", "the folder that holds the runs", default="reports", metavar="DIR"),
    Option("--target", "the application under test", default=REFERENCE, metavar="MODULE:NAME"),
    Option("--target-python", "the interpreter that runs the target; this one by default", metavar="PATH"),
    Option("--disk-max-mb", "the most that a run's journals may take", default="1024", metavar="MB"),
    Option(
        "--bind",
        "the address the target listens on; anything but loopback can be reached by others",
        default="127.0.0.1",
        metavar="ADDRESS",
    ),
    Option(
        "--port",
        "the port the target listens on; one the system picks by default",
        default="0",
        offered=frozenset({LOCUST, SERVE}),
        metavar="PORT",
    ),
    Option(
        "--black-box", "accept a verdict on a target that records nothing inside", flag=True, offered=_LOAD
    ),
    Option(
        "--unguarded",
        "let a BaseException that leaves the application reach the server, which may kill its worker: "
        "a nemesis, in a run of its own",
        flag=True,
        offered=_LOAD,
    ),
    Option(
        "--reuse-app-context",
        "the target's requests reuse an app context that is active on their worker, as in Flask up to 3.1; "
        "by default each has its own",
        flag=True,
    ),
    Option(
        "--app",
        "your own application: package.module:app, package.module:create_app() or path/to/file.py:app",
        offered=_LOAD,
        metavar="NAME",
    ),
    Option(
        "--urls", "ask the app for what this file names, not for its routes", offered=_LOAD, metavar="FILE"
    ),
    Option(
        "--methods",
        "the methods to ask the app's routes with, separated by commas",
        default="GET,HEAD",
        offered=_LOAD,
        metavar="NAME,...",
    ),
    Option(
        "--exclude",
        "routes of the app to leave out, patterns as in a shell, separated by commas: '/logout,/admin/*'",
        offered=_LOAD,
        metavar="PATTERN,...",
    ),
    Option(
        "--shared",
        "routes or fields by which the app's callers publish on purpose, separated by commas",
        offered=_LOAD,
        metavar="ROUTE|FIELD,...",
    ),
    Option(
        "--cache-max",
        "the most entries of a cache of the app's that is keyed by its caller, and no breach of I13",
        default="256",
        offered=_LOAD,
        metavar="N",
    ),
    Option(
        "--header",
        "sent to the app with every request; several are separated by ' | '",
        offered=_LOAD,
        metavar="'NAME: VALUE'",
    ),
    Option(
        "--start-timeout-s",
        "how long the target may take to start",
        default="30",
        metavar="SECONDS",
    ),
    Option(
        "--any-model",
        "the worker model was not asked for by its name: one that can't interleave is no doubt",
        flag=True,
        offered=frozenset({LOCUST}),
    ),
    Option(
        "--into",
        "record one column into this folder of a run, and leave the judging to whoever asked",
        offered=frozenset({LOCUST}),
        metavar="COLUMN",
    ),
)
BY_DEST = {option.dest: option for option in OPTIONS}
