from __future__ import annotations

import pytest

from harness.load.locust.tickets import SHARE_MAX, TicketOffice


def use_up(office: TicketOffice, workers: list[int]) -> dict[int, int]:
    """Let workers in turn claim and finish until there is nothing left; return what each finished."""
    finished = dict.fromkeys(workers, 0)
    active = list(workers)
    while active:
        for worker in list(active):
            share = office.claim(worker, finished[worker], wanted=True)
            finished[worker] += share
            if share == 0:
                active.remove(worker)
    for worker in workers:
        office.claim(worker, finished[worker], wanted=False)
    return finished


@pytest.mark.parametrize("total", [1, 2, 7, 100, 5000])
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_exactly_the_total_is_handed_out(total: int, workers: int) -> None:
    office = TicketOffice(total)
    assert sum(use_up(office, list(range(workers))).values()) == total
    assert office.is_over


def test_a_share_is_bounded_and_shrinks() -> None:
    office = TicketOffice(2000)
    shares = [office.claim(0, 0, wanted=True) for _ in range(30)]
    assert shares[0] == SHARE_MAX
    assert shares == sorted(shares, reverse=True)


def test_it_is_not_over_while_somebody_works() -> None:
    office = TicketOffice(2)
    assert office.claim(0, 0, wanted=True) == 1
    assert office.claim(1, 0, wanted=True) == 1
    assert office.claim(0, 1, wanted=True) == 0
    assert not office.is_over
    office.claim(1, 1, wanted=False)
    assert office.is_over


def test_nobody_waits_for_a_worker_that_is_gone() -> None:
    office = TicketOffice(1)
    office.claim(0, 0, wanted=True)
    office.give_up(0)
    assert office.is_over


def test_a_worker_that_comes_back_counts_again() -> None:
    office = TicketOffice(1)
    office.claim(0, 0, wanted=True)
    office.give_up(0)
    office.claim(0, 0, wanted=False)
    assert not office.is_over


def test_a_worker_without_users_takes_nothing() -> None:
    office = TicketOffice(10)
    use_up(office, [0])
    assert office.is_over
    assert office.finished == 10


@pytest.mark.parametrize("said", [10**9, -5])
def test_what_a_worker_says_counts_for_no_more_than_it_was_given(said: int) -> None:
    office = TicketOffice(2)
    office.claim(0, 0, wanted=True)
    office.claim(0, said, wanted=False)
    assert 0 <= office.finished <= 1


def test_without_a_total_it_is_never_over() -> None:
    office = TicketOffice(None)
    assert office.claim(0, 5, wanted=False) == 0
    assert not office.is_over
