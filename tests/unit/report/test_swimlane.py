"""How a violation came about: lanes are workers and clients, and nothing is invented."""

from __future__ import annotations

from dataclasses import replace

from harness.history.layout import Kind
from harness.report.lanes import draw_swimlane
from harness.report.swimlane import ROWS_MAX, make_swimlane
from tests.golden.report.samples import FOREIGN_REQUEST, OURS, STORIES, client_event, invalid, server_event

COLUMN = invalid().columns[0]
BARE = replace(COLUMN, stories={})


def test_lanes_are_clients_and_workers() -> None:
    lanes = make_swimlane(FOREIGN_REQUEST, COLUMN).lanes
    assert [lane.name for lane in lanes] == [
        *("client w0.c7", "worker thread 101", "worker thread 102", "client w0.c3"),
    ]
    assert lanes[1].place == "process 4711"


def test_the_witness_alone_is_enough() -> None:
    moments = make_swimlane(FOREIGN_REQUEST, BARE).moments
    assert [moment.proof for moment in moments] == [True, True, True]
    assert [moment.what for moment in moments] == [
        "request_context_push (activation 7)",
        "request_context_push (activation 7)",
        "view_after_yield",
    ]


def test_a_switch_is_where_a_worker_was_interrupted_in_its_request() -> None:
    moments = make_swimlane(FOREIGN_REQUEST, COLUMN).moments
    switches = [(moments[m.switched_from].what, m.what) for m in moments if m.switched_from is not None]
    assert switches[0] == ("before_request", "enter")
    ended = [m.switched_from for m in moments if m.what == "exit" and m.switched_from is not None]
    assert all(moments[at].what != "exit" for at in ended)


def test_what_crossed_leads_from_where_its_owner_was() -> None:
    moments = make_swimlane(FOREIGN_REQUEST, COLUMN).moments
    (found,) = [(m, c) for m in moments for c in m.crossings]
    moment, crossing = found
    assert (moment.what, moment.operation) == ("view_after_yield", "w0.c3#12")
    assert (moments[crossing.row].what, moments[crossing.row].operation) == ("view", "w0.c7#9")
    assert crossing.sight.held == "operation w0.c7#9"


def test_nothing_crosses_where_nothing_is_amiss() -> None:
    right = replace(FOREIGN_REQUEST, witness=FOREIGN_REQUEST.witness[:2])
    assert not any(m.amiss or m.crossings for m in make_swimlane(right, COLUMN).moments)


def test_many_events_are_counted_where_they_are_left_out() -> None:
    many = tuple(server_event(100 + n, 41.0 + n, OURS, Kind.STEP, point=8) for n in range(60))
    column = replace(COLUMN, stories={**STORIES, OURS: (*STORIES[OURS], *many)})
    moments = make_swimlane(FOREIGN_REQUEST, column).moments
    assert len(moments) <= ROWS_MAX
    assert sum(m.skipped for m in moments) > 40
    assert sum(m.proof for m in moments) == 3


def test_clocks_of_two_hosts_are_never_compared() -> None:
    apart = make_swimlane(FOREIGN_REQUEST, COLUMN, one_host=False).moments
    sides = [moment.event.side for moment in apart]
    assert sides == sorted(sides, key=lambda side: -side)


def test_the_drawing_says_all_without_colour() -> None:
    drawing = draw_swimlane(make_swimlane(FOREIGN_REQUEST, COLUMN))
    assert drawing.count('class="amiss"') == 1
    assert drawing.count('class="crossing"') == 1
    assert drawing.count('class="switch"') >= 1
    assert "w0.c3#12 sees request = operation w0.c7#9 at view_after_yield" in drawing
    assert draw_swimlane(make_swimlane(replace(FOREIGN_REQUEST, witness=(), operations=()), BARE)) == ""


def test_an_arrow_within_one_lane_is_drawn_beside_it() -> None:
    seen = server_event(90, 50.0, OURS, Kind.ENTER, request=FOREIGN_REQUEST.operations[1])
    before = server_event(80, 1.0, FOREIGN_REQUEST.operations[1], Kind.EXIT, request=0, g=0)
    violation = replace(FOREIGN_REQUEST, witness=(before, seen))
    assert draw_swimlane(make_swimlane(violation, BARE)).count('class="crossing"') == 1


def test_observations_of_a_client_stand_in_its_lane() -> None:
    witness = (client_event(4, 9.0, OURS, Kind.OK, value=500),)
    (moment,) = make_swimlane(replace(FOREIGN_REQUEST, witness=witness), BARE).moments
    assert moment.what == "ok (status 500)"


def test_a_violation_without_a_kept_event_still_tells_the_story() -> None:
    moments = make_swimlane(replace(FOREIGN_REQUEST, witness=()), COLUMN).moments
    assert moments
    assert not any(moment.proof for moment in moments)
