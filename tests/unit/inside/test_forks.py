"""What lives is told of forks, and what is gone is not kept for them."""

from __future__ import annotations

import gc
import os
import weakref

from harness.inside.forks import tell_of_forks


class Told:
    """Starts anew."""

    def __init__(self) -> None:
        self.times = 0

    def start_anew(self) -> None:
        self.times += 1


def in_a_fork(one: Told) -> int:
    """Return how often *one* was told in a forked process, by its exit status."""
    child = os.fork()
    if not child:
        os._exit(one.times)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_what_lives_starts_anew_in_a_forked_process() -> None:
    one = Told()
    tell_of_forks(one)
    assert in_a_fork(one) == 1
    assert one.times == 0


def test_what_was_never_named_is_not_told() -> None:
    assert in_a_fork(Told()) == 0


def test_nothing_is_kept_for_forks() -> None:
    one = Told()
    gone = weakref.ref(one)
    tell_of_forks(one)
    del one
    gc.collect()
    assert gone() is None
