"""Synthetic run reports, small enough to read: one per verdict, and one of a target that recorded nothing.

Every number here is made up; nothing was measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.history.canary import CanaryKind, make_canary
from harness.history.event import Event
from harness.history.exercise import Exercise, Interleaving
from harness.history.facts import ColumnFacts, JournalFacts
from harness.history.layout import App, Field, Kind, Look, Side
from harness.history.scenarios import Scenario
from harness.history.steps import Step
from harness.report.data import (
    CodePlace,
    ColumnReport,
    Detail,
    Measures,
    ResourceSample,
    RunReport,
    ScenarioMeasures,
)
from harness.verdict import EXIT_CODES, Result, Verdict, Violation, merge_verdicts

OURS = make_canary(CanaryKind.OPERATION, 0, 3, 12)
THEIRS = make_canary(CanaryKind.OPERATION, 0, 7, 9)
OUR_SESSION = make_canary(CanaryKind.SESSION, 0, 3, 1)
START_NS = 5_000_000_000

#: id, title, whether it needs a look inside the target
INVARIANTS = (
    ("I0", "no context is current when a request starts or has ended", True),
    ("I1", "request and g stay the request's own, also after a yield", False),
    ("I2", "g is empty when a request starts", False),
    ("I3", "the session is the caller's own and complete", False),
    ("I4", "headers and cookies are the request's own", False),
    ("I5", "every chunk of a stream is the request's own", False),
    ("I6", "every teardown callback runs once for each activation", True),
    ("I7", "issued ids are unique", False),
    ("I8", "one response each, with a legal status and a body that parses", False),
    ("I9", "what was written is read back", False),
    ("CYCLE", "the steps of each request fit the cycle", True),
    ("ACCOUNTING", "every operation and every record is accounted for", False),
)


def server_event(number: int, at_us: float, op: int, kind: int, **fields: int) -> Event:
    known = {
        "t": START_NS + int(at_us * 1000),
        "op": op,
        "request": op,
        "session": 0,
        "g": op,
        "value": 0,
        "thread": 101,
        "greenlet": 0,
        "activation": 7,
        "point": 0,
        "kind": kind,
        "app": int(App.TARGET),
        "detail": int(Scenario.ECHO),
        **fields,
    }
    return Event(Side.SERVER, "server/4711-0", 4711, number, tuple(known.items()))


def client_event(number: int, at_us: float, op: int, kind: int, **fields: int) -> Event:
    known = {
        "t": START_NS + int(at_us * 1000),
        "op": op,
        "expected": 0,
        "value": 0,
        "session": 0,
        "connection": 3,
        "ordinal": 5,
        "thread": 55,
        "greenlet": 8,
        "spare": 0,
        "point": 0,
        "kind": kind,
        "scenario": int(Scenario.ECHO),
        "detail": 0,
        **fields,
    }
    return Event(Side.CLIENT, "client/0", 4700, number, tuple(known.items()))


FOREIGN_REQUEST = Violation(
    "I1",
    "foreign-request",
    "At view_after_yield, operation w0.c3#12 saw the request of operation w0.c7#9.",
    (
        server_event(20, 0.0, OURS, Kind.PUSH, point=int(Step.REQUEST_CONTEXT_PUSH)),
        server_event(31, 402.5, THEIRS, Kind.PUSH, point=int(Step.REQUEST_CONTEXT_PUSH), thread=102),
        server_event(33, 640.0, OURS, Kind.LOOK, point=int(Look.VIEW_AFTER_YIELD), request=THEIRS),
    ),
    (OURS, THEIRS),
    "view_after_yield",
)
FOREIGN_REQUEST_TOO = Violation(
    "I1",
    "foreign-request",
    "At save_session, operation w0.c7#9 saw the request of operation w0.c3#12.",
    (
        server_event(20, 0.0, OURS, Kind.PUSH, point=int(Step.REQUEST_CONTEXT_PUSH)),
        server_event(52, 990.0, THEIRS, Kind.STEP, point=int(Step.SAVE_SESSION), request=OURS, thread=102),
    ),
    (THEIRS, OURS),
    "save_session",
)
MISSING_TEARDOWN = Violation(
    "I6",
    "missing-teardown",
    "The app context of operation w0.c3#12 was popped, but appcontext_popped never ran for it.",
    (
        server_event(21, 5.0, OURS, Kind.PUSH, point=int(Step.APP_CONTEXT_PUSH)),
        server_event(58, 1100.0, OURS, Kind.POP, point=int(Step.APP_CONTEXT_POP), request=0, g=0),
    ),
    (OURS,),
    "appcontext_popped",
)
FOREIGN_SESSION = Violation(
    "I3",
    "foreign-session",
    "Operation w0.c3#12 found session w0.c7#1 in its session, where session w0.c3#1 was due.",
    (
        client_event(40, 10.0, OURS, Kind.INVOKE),
        client_event(
            41,
            912.0,
            OURS,
            Kind.OBSERVE,
            point=int(Field.SESSION),
            expected=OUR_SESSION,
            value=make_canary(CanaryKind.SESSION, 0, 7, 1),
        ),
    ),
    (OURS,),
)


#: What both operations wrote around the witnesses: theirs goes on where ours yields.
STORIES: dict[int, tuple[Event, ...]] = {
    OURS: (
        client_event(39, -300.0, OURS, Kind.INVOKE),
        server_event(19, -20.0, OURS, Kind.ENTER, request=0, g=0),
        server_event(22, 210.0, OURS, Kind.STEP, point=int(Step.BEFORE_REQUEST)),
        server_event(30, 400.0, OURS, Kind.LOOK, point=int(Look.VIEW_BEFORE_YIELD)),
        server_event(60, 1200.0, OURS, Kind.EXIT, request=0, g=0),
        client_event(44, 1300.0, OURS, Kind.OK, value=200),
    ),
    THEIRS: (
        client_event(38, -350.0, THEIRS, Kind.INVOKE, session=make_canary(CanaryKind.SESSION, 0, 7, 1)),
        server_event(29, 395.0, THEIRS, Kind.ENTER, request=0, g=0, thread=102),
        server_event(32, 600.0, THEIRS, Kind.STEP, point=int(Step.VIEW), thread=102),
        server_event(61, 1400.0, THEIRS, Kind.EXIT, request=0, g=0, thread=102),
        client_event(46, 1500.0, THEIRS, Kind.OK, value=200),
    ),
}
ANSWER = Detail(
    "foreign header: status 200; body of 310 bytes with 1000000700000009; set-cookie: [redacted]",
    "GET /echo/100000030000000c?pause_ms=2; X-Canary: 100000030000000c; cookies session=[redacted]",
)
PLACES = {
    "view": CodePlace(
        "/site/app/framework/dispatch.py", 41, "call_view", "checkpoint.hook(steps.VIEW, context)"
    ),
    "view_after_yield": CodePlace("/site/app/probes/echo.py", 33, "echo", "look(VIEW_AFTER_YIELD)"),
}
EXERCISE = Exercise(
    tuple((step.label, 0 if step is Step.HANDLE_EXCEPTION else 3000) for step in Step),
    tuple((look.name.lower(), 0 if look is Look.STREAM_CHUNK else 1500) for look in Look),
    48_213,
    731,
    (
        Interleaving("view_before_yield", "view_after_yield", 9_876),
        Interleaving("match_request", "enter", 1_234),
    ),
)
#: The ledger of a column, in which one callback never ran for one of 3,000 activations.
HOOKS = {"request_contexts": 3000, "app_contexts": 3010, "missing.appcontext_popped": 1}


def results(
    inside: bool = True,
    broken: Mapping[str, tuple[int, tuple[Violation, ...]]] | None = None,
    switches: int = 48_213,
    model: str = "thread",
) -> tuple[Result, ...]:
    made = []
    for invariant, title, needs_inside in INVARIANTS:
        count, violations = (broken or {}).get(invariant, (0, ()))
        looked = inside or not needs_inside
        made.append(
            Result(
                invariant,
                title,
                Verdict.INVALID if count else Verdict.VALID if looked else Verdict.UNKNOWN,
                looked,
                count,
                violations,
                kinds=_kinds(count, violations),
                facts={"operations": 3000, **(_hooks(count) if invariant == "I6" else {})} if looked else {},
            )
        )
    made.append(evidence(switches, inside) if model != "process" else evidence_of_processes())
    return tuple(made)


def _hooks(broken: int) -> dict[str, int]:
    return {name: number for name, number in HOOKS.items() if broken or "." not in name}


def _kinds(count: int, violations: tuple[Violation, ...]) -> dict[str, int]:
    return {violations[0].anomaly: count} if count else {}


def evidence(switches: int, inside: bool) -> Result:
    title = "enough happened for silence to be proof"
    if not inside:
        return Result("EVIDENCE", title, Verdict.VALID, looked=False)
    doubt = f"Too little evidence: {switches} switches inside requests were seen, and 1,000 are needed."
    facts = {"switches_inside_requests": switches, "switches_inside_requests_needed": 1000}
    if switches >= 1000:
        return Result("EVIDENCE", title, Verdict.VALID, facts=facts)
    return Result("EVIDENCE", title, Verdict.UNKNOWN, doubts=(doubt,), facts=facts)


def evidence_of_processes() -> Result:
    facts = {
        "processes_with_100_operations_of_2_clients": 3,
        "processes_with_100_operations_of_2_clients_needed": 2,
        "sessions_served_by_2_processes": 46,
        "sessions_served_by_2_processes_needed": 1,
    }
    return Result("EVIDENCE", "enough happened for silence to be proof", Verdict.VALID, facts=facts)


def measures(operations: int, info: int = 0) -> Measures:
    return Measures(
        operations=operations,
        ok=operations - info,
        fail=0,
        info=info,
        duration_s=6.0,
        operations_per_s=operations / 6,
        scenarios=(
            ScenarioMeasures("echo", operations // 2, 0, 0, 2.25, 9.5, 14.0, 31.125),
            ScenarioMeasures("session_append", operations // 2 - info, 0, info, 3.5, 12.0, 22.0, 180.0),
        ),
        statuses=((200, operations - info),),
        per_second=(410, 520, 535, 541, 538, operations - 2544) if operations > 2544 else (operations,),
    )


RESOURCES = tuple(
    ResourceSample(0.5 * n, 2, 40.0 + 5 * (n % 4), 62_000_000 + 150_000 * n, 12 + min(n, 6), 30 + n % 3)
    for n in range(13)
)


def journals(closed: bool = True) -> tuple[JournalFacts, ...]:
    return (
        JournalFacts(Side.CLIENT, "client/0", 4700, 24_000, True),
        JournalFacts(Side.SERVER, "server/4711-0", 4711, 78_000, closed, torn=0 if closed else 1),
    )


def column(
    model: str,
    server: str,
    column_results: tuple[Result, ...],
    *,
    inside: bool = True,
    cut_off: tuple[int, ...] = (),
    operations: int = 3000,
) -> ColumnReport:
    settings: dict[str, Any] = {
        "format": 1,
        "model": model,
        "server": server,
        "concurrency": 16,
        "faults": [],
        "yields": True,
        "switch_interval_s": 1e-05,
        "target": "targetapp.probes:create_app",
        "inside": inside,
    }
    return ColumnReport(
        f"{model}-{server}",
        settings,
        ColumnFacts(model, server, inside, journals(closed=not cut_off) if inside else journals()[:1]),
        merge_verdicts(result.verdict for result in column_results),
        column_results,
        measures(operations, info=len(cut_off)),
        RESOURCES if inside else (),
        cut_off,
        details={OURS: ANSWER},
        exercise=EXERCISE if inside and model != "process" else Exercise(),
        places=PLACES if inside else {},
        stories=STORIES if inside else {},
    )


def run(
    name: str, *columns: ColumnReport, doubts: tuple[str, ...] = (), exit_code: int | None = None
) -> RunReport:
    verdict = merge_verdicts([c.verdict for c in columns] + [Verdict.UNKNOWN for _ in doubts])
    return RunReport(
        name,
        {
            "format": 1,
            "command": ["crosstalk", "run", "--operations", "3000"],
            "seed": 7,
            "operations": 3000,
            "duration_s": None,
            "columns": [c.name for c in columns],
            "versions": {"crosstalk": "0.1.0", "python": "3.11.7", "werkzeug": "3.1.9"},
            "created_utc": "2026-01-02T03:04:05Z",
        },
        verdict,
        EXIT_CODES[verdict] if exit_code is None else exit_code,
        columns,
        doubts,
    )


def valid() -> RunReport:
    return run(
        "20260102-030405-00000a",
        column("thread", "gthread", results()),
        column("greenlet", "gevent", results(switches=9_120)),
    )


def invalid() -> RunReport:
    broken: dict[str, tuple[int, tuple[Violation, ...]]] = {
        "I1": (31, (FOREIGN_REQUEST, FOREIGN_REQUEST_TOO)),
        "I3": (2, (FOREIGN_SESSION,)),
        "I6": (1, (MISSING_TEARDOWN,)),
    }
    return run(
        "20260102-030405-00000b",
        column("thread", "gthread", results(broken=broken)),
        column("process", "sync", results(model="process")),
    )


def unknown() -> RunReport:
    return run(
        "20260102-030405-00000c",
        column("thread", "gthread", results(switches=3), cut_off=(OURS, THEIRS), operations=40),
        doubts=("harness: the client journal of load worker 1 never arrived",),
    )


def black_box() -> RunReport:
    outside = results(inside=False)
    shown = column("unknown", "unknown", outside, inside=False)
    return run("20260102-030405-00000d", shown)


SAMPLES = {"valid": valid, "invalid": invalid, "unknown": unknown, "black_box": black_box}
