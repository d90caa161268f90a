"""What the command's options are called in a test: sentences of the laws name the former.

A sentence that names an option which a test does not have helps nobody, so a test of ours looks for ``--`` in
whatever is left of them.
"""

from __future__ import annotations

#: In this order: a longer one first.
_WORDS = (
    ("give a file of requests that log in first with --urls", "give requests that log in first with urls="),
    ("name what it serves with --urls", "name what it serves with urls="),
    ("give the fields it wants in a file with --urls", "give the fields it wants with urls="),
    ("with --header 'X-Forwarded-Proto: https'", "with headers={'X-Forwarded-Proto': 'https'}"),
    ("give --urls with --header 'Host: NAME'", "give urls= with headers={'Host': 'NAME'}"),
    ("give --header 'Host: NAME'", "give headers={'Host': 'NAME'}"),
    ("with --header", "with headers="),
    ("with --methods GET,HEAD or --exclude", "with exclude="),
    ("with --exclude", "with exclude="),
    ("with --shared", "with shared="),
    ("log in for itself with --urls", "log in for itself with urls="),
    ("name them with --methods", "name them with methods="),
    ("name one with --urls", "name one with urls="),
    ("name it with --urls", "name it with urls="),
    ("name such fields with --urls", "name such fields with urls="),
    ("ask less with --users", "ask less with operations="),
    ("see the target's log", "see what the app logged"),
    ("name the interpreter that has it with --target-python", "run pytest by the interpreter that has it"),
    ("set it where you start crosstalk", "set it where you start pytest"),
    ("start crosstalk in the project's folder", "start pytest in the project's folder"),
    ("with more users", "with more clients"),
    ("with yields on", "with yields=True"),
)


def in_a_test(sentence: str) -> str:
    """Return a sentence of the command's as a test says it."""
    sentence = sentence.removeprefix("--app ")
    for command, test in _WORDS:
        sentence = sentence.replace(command, test)
    return sentence
