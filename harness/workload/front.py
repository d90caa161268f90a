"""What comes first in a short load: every scenario soon, and those that matter soonest and often.

A few hundred operations drawn by weight leave a rare scenario out now and then. Where silence is to
mean something, each has to be asked for; so they are dealt out to the clients, who begin with them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from harness.history.scenarios import Scenario

from .mix import Mix

#: How often each scenario is dealt out in a load: one time may fall upon a login that comes before it.
TIMES = 2
#: How often each client begins with a scenario that matters.
WANTED_TIMES = 2
#: How much more often such a scenario is drawn afterwards.
WANTED_WEIGHT = 3


def named(mix: Mix, names: Collection[str]) -> tuple[Scenario, ...]:
    """Return those of *mix* that have these lower-case names and are drawn; others are passed over."""
    return tuple(one for one, weight in mix.items() if weight and one.name.lower() in names)


def favour(mix: Mix, wanted: Collection[Scenario]) -> dict[Scenario, int]:
    """Return *mix* with the weights of *wanted* raised; what is never drawn stays so."""
    return {one: weight * (WANTED_WEIGHT if one in wanted else 1) for one, weight in mix.items()}


def deal(mix: Mix, clients: int, wanted: Sequence[Scenario] = ()) -> tuple[tuple[Scenario, ...], ...]:
    """Return what each of *clients* clients asks for first.

    Each begins with the *wanted* ones, in another order; all that are drawn from *mix* are dealt out
    :data:`TIMES` times over all clients. What is never drawn (COLD_START, every client's first item
    anyway, and GET, which follows PUT) is not dealt either.
    """
    everything = [scenario for scenario, weight in mix.items() if weight] * TIMES
    dealt = [everything[number::clients] for number in range(clients)]
    turned = [[*wanted[n % len(wanted) :], *wanted[: n % len(wanted)]] for n in range(clients) if wanted]
    fronts = [own * WANTED_TIMES for own in turned] or [[] for _ in range(clients)]
    return tuple((*front, *rest) for front, rest in zip(fronts, dealt, strict=True))
