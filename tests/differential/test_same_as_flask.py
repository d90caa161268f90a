"""Drawn apps do the same under both frameworks: order of events, status, headers, body, errors.

``make fuzz`` runs the same with many more examples and another seed; a failure prints the case and
the line that tries it again.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import given, seed, settings

from tests.differential.comparing import compare
from tests.differential.description import Case
from tests.differential.drawing import cases
from tests.differential.themes import THEMES

#: How many apps ``make fuzz`` draws in all, and its seed; 0 is the short, derandomised run.
APPS = int(os.environ.get("CROSSTALK_FUZZ", "0"))
SEED = int(os.environ.get("CROSSTALK_FUZZ_SEED", "0"))
#: Each theme is fuzzed in so many shares, so that processes can share the work.
SHARES = 4 if APPS else 1


@pytest.mark.timeout(3600 if APPS else 240)
@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("theme", THEMES)
def test_a_drawn_app_does_the_same(theme: str, share: int) -> None:
    def check(case: Case) -> None:
        compare(case)

    drawn = given(case=cases(THEMES[theme]))(check)
    if APPS:
        each = max(APPS // (len(THEMES) * SHARES), 1)
        fuzz = settings(settings.get_profile("fuzz"), max_examples=each)
        seed(SEED * SHARES + share)(fuzz(drawn))()
    else:
        settings.get_profile("differential")(drawn)()
