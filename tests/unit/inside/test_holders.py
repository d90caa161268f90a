"""What refers to an object is told by its kind, the most telling first."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextvars import ContextVar, copy_context
from typing import Any

import pytest

from harness.history.layout import Holder
from harness.inside.holders import find_holders


class Thing:
    """What is held."""

    def __init__(self, held: Any = None) -> None:
        self.held = held


def closing_over(thing: Thing) -> Callable[[], Thing]:
    return lambda: thing


def generating(thing: Thing) -> Iterator[Thing]:
    def generate() -> Iterator[Thing]:
        mine = deque([thing]).pop()
        yield mine
        yield mine

    generator = generate()
    next(generator)
    return generator


def in_variable(thing: Thing) -> object:
    variable: ContextVar[Thing] = ContextVar("variable")
    context = copy_context()
    context.run(variable.set, thing)
    return context


def raised_with(thing: Thing) -> BaseException:
    def fail(mine: Thing) -> None:
        raise LookupError

    try:
        fail(thing)
    except LookupError as error:
        return error.with_traceback(error.__traceback__ and error.__traceback__.tb_next)
    raise AssertionError


HOLDING: dict[Holder, Callable[[Thing], object]] = {
    Holder.CLOSURE: closing_over,
    Holder.FRAME: raised_with,
    Holder.CONTEXT_VARIABLE: in_variable,
    Holder.DICT: lambda thing: {1: thing},
    Holder.SEQUENCE: lambda thing: [thing],
    Holder.OBJECT: Thing,
}


@pytest.mark.parametrize("holder", HOLDING, ids=lambda holder: holder.name.lower())
def test_a_holder_is_told_by_its_kind(holder: Holder) -> None:
    things = [Thing()]
    reference = weakref.ref(things[0])
    held = HOLDING[holder](things.pop())
    assert find_holders([reference]) == {id(reference): holder}
    assert held is not None


def test_of_several_the_most_telling_is_told() -> None:
    thing = Thing()
    reference = weakref.ref(thing)
    holders = [{"a": thing}, closing_over(thing), [thing]]
    assert find_holders([reference]) == {id(reference): Holder.CLOSURE}
    assert holders


def test_what_another_kept_one_holds_is_told_so() -> None:
    outer = [Thing(Thing())]
    references = [weakref.ref(outer[0]), weakref.ref(outer[0].held)]
    found = find_holders(references)
    assert found == {id(references[0]): Holder.SEQUENCE, id(references[1]): Holder.KEPT_CONTEXT}


def test_what_is_gone_has_none() -> None:
    reference = weakref.ref(Thing())
    assert find_holders([reference]) == {}
