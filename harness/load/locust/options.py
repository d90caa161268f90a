"""Our options in Locust's own parser, frozen against its web form.

The rule this file guards: **the web form sets what is meant for it, and nothing else.** Locust's
start form can overwrite *any* parsed option (its ``include_in_web_ui`` only hides the field), those
that name code, paths and interpreters among them; its own too (``--html`` writes a file at exit). So
the values of the command line are kept at ``init``, a request that names another option is refused
before Locust reads it, and what got past that is put back when a test starts.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from harness.options.table import LOCUST, OPTIONS, UsageError, check_processes
from harness.verdict import EXIT_HARNESS_FAILED

#: What Locust's form is made of, besides ours.
LOCUST_FORM = frozenset(
    {"num_users", "user_count", "spawn_rate", "run_time", "host", "user_classes", "shape_class", "profile"}
)
FORM = LOCUST_FORM | {option.dest for option in OPTIONS if option.form and LOCUST in option.offered}


class _Shown(list[str]):
    """Choices that the form shows and argparse doesn't check: we do, and exit 3 with one line."""

    def __contains__(self, item: object) -> bool:
        return True


def add_options(parser: Any) -> None:
    """Add every option offered to ``locust -f`` to Locust's *parser* (``init_command_line_parser``).

    All are text: the form hands over text, and :func:`harness.options.table.parse_settings` reads both.
    """
    # Locust's own default is every interface, for a form that starts programs and for a master that
    # takes recordings; --web-host and --master-bind-host open them.
    parser.set_defaults(web_host="127.0.0.1", master_bind_host="127.0.0.1")
    _bound_processes(parser)
    group = parser.add_argument_group("crosstalk")
    for option in OPTIONS:
        if LOCUST not in option.offered:
            continue
        shared: dict[str, Any] = {"help": _escaped(option.help), "dest": option.dest}
        if option.flag:
            action = group.add_argument(option.name, action="store_true", default=False, **shared)
        else:
            action = group.add_argument(
                option.name,
                default=option.default,
                metavar=option.metavar or None,
                choices=_Shown(option.choices) if option.choices else None,
                **shared,
            )
        # An argument group's own add_argument doesn't know Locust's keywords.
        action.include_in_web_ui = option.form
        action.is_secret = action.is_required = action.is_multiple = False


def _bound_processes(parser: Any) -> None:
    """Have Locust's own ``--processes`` checked as it is read: it forks before it asks anybody."""

    def read(text: str) -> int:
        try:
            return check_processes(text)
        except UsageError as error:
            # argparse would end with 2, which means unknown here.
            sys.stderr.write(f"crosstalk: {error}\n")
            sys.exit(EXIT_HARNESS_FAILED)

    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to an option
        if action.dest == "processes":
            action.type = read


class Frozen:
    """The options of the command line, as they were at ``init``."""

    def __init__(self, parsed: argparse.Namespace) -> None:
        self._values = {name: value for name, value in vars(parsed).items() if name not in FORM}

    def restore(self, parsed: argparse.Namespace) -> list[str]:
        """Put every frozen option of *parsed* back; return the names of those that had changed."""
        current = vars(parsed)
        changed = [name for name, value in self._values.items() if current.get(name) != value]
        current.update(self._values)
        return sorted(changed)

    def check(self, parsed: argparse.Namespace) -> None:
        """Put every frozen option back.

        :raises UsageError: if one of them had changed; names it.
        """
        changed = self.restore(parsed)
        if changed:
            names = ", ".join("--" + name.replace("_", "-") for name in changed)
            raise UsageError(f"the web form may not set {names}: give it on Locust's command line")


def refused_fields(form: Iterable[str]) -> list[str]:
    """Return the fields of a start request that the form may not set."""
    return sorted(set(form) - FORM)


def own_values(parsed: argparse.Namespace) -> Mapping[str, Any]:
    """Return our options of Locust's parsed ones, by ``dest``."""
    values = vars(parsed)
    return {option.dest: values.get(option.dest) for option in OPTIONS if LOCUST in option.offered}


def _escaped(text: str) -> str:
    # argparse formats help texts with %.
    return text.replace("%", "%%")
