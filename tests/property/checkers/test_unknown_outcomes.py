"""Operations without an answer (``info``) are doubts, whatever became of them: nobody is blamed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.bench.histories import HistoryMaker
from harness.checkers.judge import judge
from harness.history.columns import Batch
from harness.history.layout import Kind, Side
from harness.verdict import Verdict

#: What became of an operation that got no answer.
SERVED, NEVER_ENTERED = "served", "never entered"


def unanswered(batch: Batch, fates: dict[int, str]) -> Batch:
    """Return the journal as it is if these operations got no answer."""
    records = batch.records.copy()
    if batch.side is Side.SERVER:
        gone = [op for op, fate in fates.items() if fate == NEVER_ENTERED]
        records = records[~np.isin(records["op"], gone)]
    else:
        theirs = np.isin(records["op"], list(fates))
        records = records[~(theirs & (records["kind"] == Kind.OBSERVE))]
        ended = np.isin(records["op"], list(fates)) & (records["kind"] == Kind.OK)
        records["kind"][ended] = Kind.INFO
        records["value"][ended] = 0
    records["commit"] = np.arange(1, len(records) + 1)
    return replace(batch, records=records)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 1000), data=st.data())
def test_operations_without_an_answer_are_doubts_and_no_violation(seed: int, data: st.DataObject) -> None:
    maker = HistoryMaker(seed, rows=1 << 20, block=16)
    whole = list(maker.batches(1200))
    (client,) = [batch for batch in whole if batch.side is Side.CLIENT]
    operations = np.unique(client.records["op"]).tolist()
    fate = st.sampled_from([SERVED, NEVER_ENTERED])
    fates = data.draw(st.dictionaries(st.sampled_from(operations), fate, max_size=8))
    results = judge(maker.facts(), [unanswered(batch, fates) for batch in whole])
    assert [result.invariant for result in results if result.verdict is Verdict.INVALID] == []
    (accounting,) = [result for result in results if result.invariant == "ACCOUNTING"]
    assert (accounting.verdict is Verdict.UNKNOWN) is bool(fates)
    assert accounting.facts["info"] == len(fates)
