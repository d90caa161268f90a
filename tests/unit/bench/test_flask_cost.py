"""The bench of Flask measures what it says: requests that were observed, and the application as it was."""

from __future__ import annotations

from harness.bench.flask import measure


def test_a_request_is_observed_in_as_many_records_as_it_has_steps_and_callbacks() -> None:
    _, plain_us, records = measure(rounds=1)
    assert plain_us > 0
    # 23 steps (OPTIONS and errors have others), 7 callbacks, and the wrapper's ENTER, RETURN and EXIT; the
    # first request of all is no other than the next.
    assert records == 34
