from __future__ import annotations

import os
import signal

import pytest

from harness.commands.interrupts import Interrupts, QuitError


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_asks_and_the_second_quits(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with Interrupts() as interrupts:
        asked = [interrupts.asked]
        os.kill(os.getpid(), number)
        asked.append(interrupts.asked)
        assert asked == [False, True]
        with pytest.raises(QuitError):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before
