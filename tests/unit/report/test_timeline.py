from __future__ import annotations

from harness.history.layout import Kind, Look
from harness.report.timeline import make_timeline, timeline_text
from tests.golden.report.samples import FOREIGN_REQUEST, OURS, THEIRS, client_event, server_event


def test_rows_are_in_the_order_of_time_whatever_the_witness_order() -> None:
    timeline = make_timeline(reversed(FOREIGN_REQUEST.witness))
    assert [row.at_us for row in timeline.rows] == [0.0, 402.5, 640.0]
    assert [row.lane for row in timeline.rows] == [0, 1, 0]
    assert [lane.name for lane in timeline.lanes] == ["operation w0.c3#12", "operation w0.c7#9"]


def test_an_event_reaches_the_lane_it_saw() -> None:
    rows = make_timeline(FOREIGN_REQUEST.witness).rows
    assert [row.reaches for row in rows] == [(), (), (1,)]


def test_a_foreign_owner_outside_the_witness_is_named_but_not_reached() -> None:
    timeline = make_timeline([server_event(1, 0, OURS, Kind.LOOK, request=THEIRS)])
    assert timeline.rows[0].reaches == ()
    assert "! request = operation w0.c7#9" in "\n".join(timeline_text(timeline, 100))


def test_clocks_of_two_hosts_are_never_compared() -> None:
    witness = [client_event(1, 10.0, OURS, Kind.INVOKE), server_event(2, 5000.0, OURS, Kind.ENTER)]
    together = make_timeline(witness)
    apart = make_timeline(witness, one_host=False)
    assert [(row.what, row.at_us) for row in together.rows] == [("invoke", 0.0), ("enter", 4990.0)]
    assert [(row.what, row.at_us) for row in apart.rows] == [("enter", 0.0), ("invoke", 0.0)]


def test_text_is_columns_where_they_fit_and_a_list_where_not() -> None:
    timeline = make_timeline(FOREIGN_REQUEST.witness)
    heads = ["us", "operation", "w0.c3#12", "echo", "operation", "w0.c7#9", "echo"]
    assert timeline_text(timeline, 100)[0].split() == heads
    narrow = timeline_text(timeline, 60)
    assert narrow[0] == "       0.0  operation w0.c3#12: push request_context_push (activation 7)"
    assert narrow[-1] == "            ! request = operation w0.c7#9"


def test_an_empty_witness_is_said() -> None:
    timeline = make_timeline([])
    assert timeline_text(timeline, 80) == ["(no event was kept as witness)"]


def test_an_event_outside_any_operation_has_a_lane() -> None:
    timeline = make_timeline([server_event(1, 0, 0, Kind.LOOK, point=int(Look.STREAM_CHUNK), request=OURS)])
    assert timeline.lanes[0].name == "outside any operation"
