"""The sentences of a report that do not depend on one event: verdicts, exit codes, the glossary."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import Any

from harness.verdict import EXIT_HARNESS_FAILED, Verdict

from .data import RunReport
from .figures import plural
from .redact import is_secret, redact_command

EXIT_MEANINGS = {
    0: "valid",
    1: "invalid",
    2: "unknown",
    EXIT_HARNESS_FAILED: "wrong usage, or the harness itself failed",
}

#: word -> meaning; the words a report uses and a newcomer may not know.
GLOSSARY: tuple[tuple[str, str], ...] = (
    ("target", "the WSGI application under test"),
    ("column", "a worker model on a server, such as thread-gthread: one way of hosting the target"),
    ("operation", "one request by one client, from the moment it is sent to its completion"),
    ("client", "a logical requester that does one thing at a time"),
    ("info", "completion unknown (timeout, reset): the operation may or may not have happened"),
    ("canary", "the unique value an operation carries in and must be the only one it sees"),
    ("checkpoint", "a named point of the request cycle where the harness looks and a worker may switch"),
    (
        "activation",
        "the life of one context, from the push that takes its count from 0 to 1 to the pop back to 0",
    ),
    ("ledger", "the account of teardown callbacks: each must run exactly once for each activation"),
    ("history", "every recorded event, of the clients and of the target, in the order it was written"),
    ("invariant", "a law every history must obey; each has a checker"),
    ("violation", "one breach of one invariant"),
    ("witness", "the fewest events that prove a violation"),
    ("evidence", "what must have happened before silence counts as proof: see the thresholds"),
    ("cut off", "operations whose worker was killed under them; they are blamed on none"),
    ("not looked at", "nothing of that kind was recorded, so nothing is said about it"),
)

#: What each verdict means, whatever the run.
VERDICT_MEANINGS = {
    Verdict.VALID: "every law that was looked at held, with enough evidence to say so",
    Verdict.UNKNOWN: "nothing wrong was proved, but there is too little to call it right",
    Verdict.INVALID: "a law was broken; a witness proves each breach",
}


def sentence(report: RunReport) -> str:
    """Return what the verdict of a run means, in one sentence."""
    if report.verdict is Verdict.INVALID:
        return _invalid(report)
    if report.verdict is Verdict.UNKNOWN:
        return (
            "Nothing wrong was proved, but the run cannot be called valid: "
            "too little was seen, or something went wrong while looking."
        )
    operations = sum(column.measures.operations for column in report.columns)
    if any(column.facts.app for column in report.columns):
        return (
            f"In none of {plural(operations, 'operation')} did an answer hold what another caller had sent, "
            "as far as the routes that answered show it."
        )
    if not all(result.looked for column in report.columns for result in column.results):
        return (
            f"Over {plural(operations, 'operation')}, the invariants that were looked at held; "
            'those that read "not looked at" were not examined.'
        )
    return (
        f"In none of {plural(operations, 'operation')} was a caller's request, session or g seen by another "
        "caller, and every teardown callback ran exactly once."
    )


def _invalid(report: RunReport) -> str:
    broken: dict[str, int] = {}
    for column in report.columns:
        for result in column.results:
            if result.verdict is Verdict.INVALID:
                broken[result.invariant] = broken.get(result.invariant, 0) + result.count
    where = [column.name for column in report.columns if column.verdict is Verdict.INVALID]
    return (
        f"{plural(sum(broken.values()), 'violation')} of {join_and(list(broken)) or 'an invariant'} "
        f"in {join_and(where) or 'the run'}; a witness of each kind proves it."
    )


def join_and(words: Sequence[str]) -> str:
    """Return ``a``, ``a and b`` or ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def one_account(headers: Iterable[tuple[str, str]]) -> str:
    """Return what to know if headers that go with every request identify a user, '' if none does."""
    names = list(dict.fromkeys(name for name, _ in headers if is_secret(name)))
    if not names:
        return ""
    return (
        f"all clients are one account, by {join_and(names)} with --header: what its earlier requests sent "
        "may come back to any of them; declare that with --shared, or let each client log in for itself with "
        "--urls"
    )


def command_again(meta: dict[str, Any]) -> str:
    """Return the command that runs the same again: as it was typed, with the seed it drew.

    Headers that identify somebody are redacted.
    """
    command = redact_command(str(word) for word in meta.get("command", ()))
    if not command:
        return ""
    seed = meta.get("seed")
    if seed is not None and not any(word == "--seed" or word.startswith("--seed=") for word in command):
        command += ["--seed", str(seed)]
    return shlex.join(command)


def command_for(meta: dict[str, Any], model: str, server: str) -> str:
    """Return the command that runs one column of a run again, with the seed it drew."""
    command, skip = [], False
    for word in (str(word) for word in meta.get("command", ())):
        if skip or word in ("--worker-model", "--server"):
            skip = not skip
        elif not word.startswith(("--worker-model=", "--server=")):
            command.append(word)
    if not command or not (model and server):
        return command_again(meta)
    return command_again({**meta, "command": [*command, "--worker-model", model, "--server", server]})


def command_to_check(report: RunReport) -> str:
    """Return the command that judges what was recorded once more, in the folder it was asked to use."""
    command = [str(word) for word in report.meta.get("command", ())]
    reports = "reports"
    for at, word in enumerate(command):
        if word == "--reports" and at + 1 < len(command):
            reports = command[at + 1]
        elif word.startswith("--reports="):
            reports = word.removeprefix("--reports=")
    return shlex.join(["crosstalk", "check", f"{reports.rstrip('/')}/{report.run}"])
