r"""Target text made inert: it can be read, and it can do nothing else.

The rule: whatever a target, a client or a journal says reaches a reader only through this file.
A terminal must not act on it (escape sequences), a page must not run it (markup, script data), and
no eye must be deceived by it (bidirectional overrides, invisible characters, a fake new line in
a one-line field). What is escaped stays visible, as ``\x1b`` or ``\u202e``: evidence is never
silently dropped.

``str.isprintable`` is the test: it is false for control (Cc), format (Cf: bidi and zero-width),
surrogate, private and unassigned characters and for every separator but the space.
"""

from __future__ import annotations

from typing import Any

from jinja2.runtime import Undefined
from markupsafe import Markup

#: Longest piece of target text a report repeats; the rest is counted, not shown.
CHARACTERS_MAX = 2000

#: Printable to Python, yet drawn as nothing: the fillers of Hangul and the blank of Braille.
INVISIBLE = frozenset("\u115f\u1160\u2800\u3164\uffa0")

#: What ends a script, opens a tag or ends a line of JavaScript inside script data.
_SCRIPT_ESCAPES = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)


def inert_line(text: object, *, limit: int = CHARACTERS_MAX) -> str:
    """Return *text* as one line of visible characters; at most *limit* of the text's own."""
    return _escape(_cut(str(text), limit), keep="")


def inert_block(text: object, *, limit: int = CHARACTERS_MAX) -> str:
    """Return *text* as lines of visible characters: as :func:`inert_line`, new lines kept."""
    return _escape(_cut(str(text), limit), keep="\n")


def script_data(json_text: str) -> str:
    """Return a JSON text that means the same and is inert inside a ``<script>`` element."""
    return json_text.translate(_SCRIPT_ESCAPES)


def finalize(value: Any) -> Any:
    """Make one value of a template inert; Jinja2 calls this for every expression it prints.

    Markup made by this package passes through; an undefined value is left to raise.
    """
    if isinstance(value, Markup | Undefined):
        return value
    return inert_block(value)


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    return f"{text[:limit]} ... ({len(text) - limit} more characters)"


def _escape(text: str, keep: str) -> str:
    if text.isprintable() and INVISIBLE.isdisjoint(text):
        return text
    return "".join(c if c in keep or _visible(c) else _name(c) for c in text)


def _visible(character: str) -> bool:
    return character.isprintable() and character not in INVISIBLE


def _name(character: str) -> str:
    r"""Return the Python escape of one character: ``\n``, ``\x1b``, ``\u202e``, ``\U000e0001``."""
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
