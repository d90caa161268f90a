"""A history in one line, so that a row of a table of tests is a story.

Words are separated by blanks; each is who, then what. Who is a digit: an operation. What is, in
the target (journal ``server/1``, after the word ``@2`` ``server/2``):

    1<  1<stream      enters, with a scenario          1>  leaves
    1+app  1+req      a context is activated           1-app  1-req  and popped; 1+app2: another one
    1.view            comes to a step                  1?after  a probe looks: before after nested chunk
                                                       and around a job: job_start job job_end
    1%request:never   outlived it, says the census     1%summary[op=0,value=n3]  that looked for 3 objects
    1&kept[request=2]  the wrapper found a residue; 1&summary[op=0,value=n3]  of 3 requests
    1^rf              a ledger callback runs: rf rl rt ra, af al at ap; 1^rf:error  given an exception
    1~  1!  1*        wsgi_app returned, an exception left, a chunk was yielded
    1:up  1:serve  1:answer  1:down  1:all     the usual words for these parts of the cycle
    1:down-al         the same without some of them

and at the client (journal ``client/0``):

    1(                is sent                          1)200  1)info  1)fail  is over; 1)200@2  by a cache
    1=path:2          observes 2's canary as its path  1=path@1:2  after the yield
    1=session:s2:s1   a value, and the expected one (its own canary if there is none)

``[request=2,g=0]`` after a word of the target says what was there: a digit is an operation's
canary, ``s1`` a session's, ``v1`` a value's, ``n4`` the number 4, ``?`` a value without a canary.
``1.view=2`` is short for ``1.view[request=2]``. What a word doesn't say is as a right target has it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import numpy as np

from harness.checkers.judge import Judging
from harness.checkers.table import ALL_CHECKERS
from harness.history.canary import UNMARKED, CanaryKind, make_canary
from harness.history.columns import DTYPES, Batch
from harness.history.facts import ColumnFacts, JournalFacts
from harness.history.layout import App, Callback, Field, Freed, Kind, Look, Outcome, Remains, Residue, Side
from harness.history.scenarios import Scenario
from harness.history.steps import Step
from harness.verdict import Result

CALLBACKS = {
    "rf": Callback.TEARDOWN_REQUEST_FIRST,
    "rl": Callback.TEARDOWN_REQUEST_LAST,
    "rt": Callback.REQUEST_TEARING_DOWN,
    "af": Callback.TEARDOWN_APPCONTEXT_FIRST,
    "al": Callback.TEARDOWN_APPCONTEXT_LAST,
    "at": Callback.APPCONTEXT_TEARING_DOWN,
    "ap": Callback.APPCONTEXT_POPPED,
    "ra": Callback.AFTER_THIS_REQUEST,
}
LOOKS = {
    "before": Look.VIEW_BEFORE_YIELD,
    "after": Look.VIEW_AFTER_YIELD,
    "nested": Look.NESTED_APP_CONTEXT,
    "chunk": Look.STREAM_CHUNK,
    "job_start": Look.JOB_START,
    "job": Look.JOB,
    "job_end": Look.JOB_END,
}
#: What the number n7 in a RESIDUE record stands for.
NAMES = ((7, "the ContextVar 'user'"),)
FREED = {None: Freed.NONE, "collector": Freed.BY_COLLECTOR, "never": Freed.NEVER}
TURNS = {
    "+app": (Kind.PUSH, Step.APP_CONTEXT_PUSH),
    "+req": (Kind.PUSH, Step.REQUEST_CONTEXT_PUSH),
    "-app": (Kind.POP, Step.APP_CONTEXT_POP),
    "-req": (Kind.POP, Step.REQUEST_CONTEXT_POP),
}
EDGES = {"<": Kind.ENTER, ">": Kind.EXIT, "~": Kind.RETURN, "!": Kind.LEFT, "*": Kind.CHUNK}
_DOWN_REQUEST = ".teardown_request ^rf ^rl .request_tearing_down ^rt .request_close -req"
_DOWN_APP = ".teardown_appcontext ^af ^al .appcontext_tearing_down ^at -app .appcontext_popped ^ap"
PARTS = {
    "up": "+app .appcontext_pushed +req .open_session .match_request",
    "serve": ".request_started .url_value_preprocessor .before_request .dispatch_request .view",
    "answer": ".make_response .after_this_request .after_request .save_session .request_finished"
    " .start_response",
    "down": f"{_DOWN_REQUEST} {_DOWN_APP}",
}
PARTS["all"] = " ".join(PARTS[part] for part in ("up", "serve", "answer", "down"))

_WORD = re.compile(r"(?P<who>\d)(?P<what>[^\[]+?)(?P<more>\[.*\])?$")
_SERVER_WHAT = re.compile(
    r"(?P<sign>[<>~!*]|[+-](?:app|req)|[.?^%&])(?P<name>[a-z_]*)(?P<number>\d?)(?::(?P<given>\w+))?"
)


def operation(number: int) -> int:
    """Return the canary of an operation of a story."""
    return make_canary(CanaryKind.OPERATION, 0, number, 1)


def canary(text: str) -> int:
    """Return the number that a value of the notation stands for."""
    if text == "?":
        return UNMARKED
    if text == "0":
        return 0
    kind, number = (text[0], int(text[1:])) if text[0] in "svn" else ("", int(text))
    if kind == "n":
        return number
    kinds = {"": CanaryKind.OPERATION, "s": CanaryKind.SESSION, "v": CanaryKind.VALUE}
    return make_canary(kinds[kind], 0, number, 1)


@dataclass
class _State:
    """What is current for one operation, as a right target would have it."""

    apps: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    scenario: int = Scenario.ECHO
    session: int = 0

    def turn(self, sign: str, name: str) -> None:
        """Push or pop a context; one that is not there is left out."""
        stack = self.apps if sign.endswith("app") else self.requests
        if sign.startswith("+"):
            stack.append(name)
        elif name in stack:
            stack.remove(name)


Row = dict[str, int]


@dataclass
class Story:
    """The records of a story, by journal, and what is known of the journals."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    model: str = "thread"
    _states: dict[int, _State] = field(default_factory=dict)
    _server: str = "server/1"

    def read(self, text: str) -> Story:
        """Add the words of *text*."""
        for word in text.split():
            if word.startswith("@"):
                self._server = f"server/{word[1:]}"
                continue
            match = _WORD.match(word)
            if match is None:
                raise ValueError(f"no word of the notation: {word}")
            who, what, more = int(match["who"]), match["what"], match["more"] or ""
            if what[0] in "()=":
                self._client(who, what)
            elif what[0] == ":":
                part, *without = what[1:].split("-")
                for each in PARTS[part].split():
                    if each.lstrip(".^") not in without:
                        self._word(who, each, more)
            else:
                self._word(who, what, more)
        return self

    def _add(self, source: str, row: Row) -> None:
        rows = self.rows.setdefault(source, [])
        thread = {} if "thread" in row else {"thread": 100 + row["op"] % 100}
        rows.append({**thread, "t": 1000 * (1 + sum(map(len, self.rows.values()))), **row})

    def _client(self, who: int, what: str) -> None:
        row: Row = {"op": operation(who), "scenario": self._state(who).scenario}
        if what == "(":
            row |= {"kind": Kind.INVOKE, "session": self._state(who).session}
        elif what.startswith(")"):
            kinds = {"info": Kind.INFO, "fail": Kind.FAIL}
            said, _, detail = what[1:].partition("@")
            kind = kinds.get(said, Kind.OK)
            row |= {"kind": kind, "value": int(said) if kind is Kind.OK else 0, "detail": int(detail or 0)}
        else:
            name, value, *expected = what[1:].split(":")
            name, _, detail = name.partition("@")
            row |= {
                "kind": Kind.OBSERVE,
                "point": Field[name.upper()],
                "detail": int(detail or 0),
                "value": canary(value),
                "expected": canary(expected[0]) if expected else operation(who),
            }
        self._add("client/0", row)

    def _state(self, who: int) -> _State:
        return self._states.setdefault(who, _State())

    def _word(self, who: int, what: str, more: str) -> None:
        what, _, request = what.partition("=")
        match = _SERVER_WHAT.fullmatch(what)
        if match is None:
            raise ValueError(f"no word of the notation: {who}{what}")
        state = self._state(who)
        sign, name, number = match["sign"], match["name"], match["number"] or "1"
        if sign == "<":
            state.scenario = Scenario[name.upper()] if name else state.scenario
        if sign in TURNS:
            state.turn(sign, sign[1:] + number)
        row = self._seen(who, state) | self._event(who, sign, name, number, match["given"])
        if request:
            row["request"] = canary(request)
        for each in more.strip("[]").split(",") if more else ():
            column, _, value = each.partition("=")
            row[column] = App[value.upper()] if column == "app" else canary(value)
        if sign == "<":
            state.session = row["value"]
        self._add(self._server, row)

    @staticmethod
    def _seen(who: int, state: _State) -> Row:
        own = operation(who)
        return {
            "op": own,
            "request": own if state.requests else 0,
            "app": App.TARGET if state.apps else App.NONE,
            "value": state.session,
            "detail": state.scenario,
        }

    def _event(self, who: int, sign: str, name: str, number: str, given: str | None) -> Row:
        """Return the columns that say what happened."""
        if sign in EDGES:
            left = {"detail": Outcome.ERROR, "value": 0} if sign == "!" else {}
            return {"kind": EDGES[sign], **left}
        if sign in TURNS:
            kind, step = TURNS[sign]
            return {"kind": kind, "point": step, "activation": _activation(who, sign[1:], number)}
        if sign in "%&":
            kind, points = (Kind.CENSUS, Remains) if sign == "%" else (Kind.RESIDUE, Residue)
            return {"kind": kind, "point": points[name.upper()], "detail": FREED[given], "value": 0}
        if sign == "?":
            return {"kind": Kind.LOOK, "point": LOOKS[name], "activation": _activation(who, "req", "1")}
        if sign == ".":
            step = Step[name.upper()]
            return {"kind": Kind.STEP, "point": step, "activation": _activation(who, _context(step), number)}
        callback = CALLBACKS[name]
        outcome = Outcome[given.upper()] if given else Outcome.NONE
        return {
            "kind": Kind.TEARDOWN,
            "point": callback,
            "activation": _activation(who, "req" if name.startswith("r") else "app", number),
            "detail": outcome,
            "value": 0,
        }

    def batches(self) -> list[Batch]:
        """Return one batch for each journal."""
        return [_batch(source, rows) for source, rows in sorted(self.rows.items())]

    def facts(self, killed: tuple[str, ...] = (), *, inside: bool = True) -> ColumnFacts:
        """Return the facts of the column; *killed* names the journals of killed processes."""
        journals = tuple(
            JournalFacts(_side(source), source, _pid(source), len(rows), source not in killed)
            for source, rows in sorted(self.rows.items())
        )
        # A story is about a few operations, and nobody expects all laws of it.
        return ColumnFacts(
            self.model, "made-up", inside, journals, black_box=True, scenarios=("echo",), names=NAMES
        )


def _context(step: Step) -> str:
    return "app" if "APPCONTEXT" in step.name or "APP_CONTEXT" in step.name else "req"


def _activation(who: int, context: str, number: str) -> int:
    return 10 * who + 2 * int(number) - (context == "app")


def _side(source: str) -> Side:
    return Side.CLIENT if source.startswith("client") else Side.SERVER


def _pid(source: str) -> int:
    return 1000 + int(source.rpartition("/")[2])


def _batch(source: str, rows: list[Row]) -> Batch:
    records = np.zeros(len(rows), DTYPES[_side(source)])
    for record, row in zip(records, rows, strict=True):
        for column, value in row.items():
            record[column] = value
    records["commit"] = np.arange(1, len(rows) + 1)
    return Batch(_side(source), source, _pid(source), 0, records)


def tell(text: str) -> Story:
    """Return the story that *text* tells."""
    return Story().read(text)


def judge_story(law: str, story: Story | str, facts: ColumnFacts | None = None) -> Result:
    """Return what one law's checker says of a story."""
    told = tell(story) if isinstance(story, str) else story
    judging = Judging([checker for checker in ALL_CHECKERS if checker.law.id == law])
    for batch in told.batches():
        judging.feed(batch)
    (result,) = judging.finish(facts or told.facts())
    return result


def with_journal(facts: ColumnFacts, source: str, **changes: int | bool | str) -> ColumnFacts:
    """Return facts in which one journal ended otherwise."""
    journals = tuple(
        replace(journal, **changes) if journal.source == source else journal  # type: ignore[arg-type]
        for journal in facts.journals
    )
    return replace(facts, journals=journals)
