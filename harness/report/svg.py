"""Elements of an inline SVG; all text in them is inert, all styling is left to the page's classes.

ElementTree escapes text and attributes, so that no label can open a tag; a strict content security
policy forbids ``style`` attributes, so that there are none.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, tostring

from markupsafe import Markup

from harness.inert import inert_line

Number = float | int

#: A path of a few hundred points is longer than any text of a target may be.
ATTRIBUTE_CHARACTERS_MAX = 100_000


def element(tag: str, text: str = "", **attributes: str | Number) -> Element:
    """Return an element; ``class_`` means class, other underscores in a name mean hyphens."""
    made = Element(tag, {_attribute(name): _value(value) for name, value in attributes.items()})
    if text:
        made.text = inert_line(text)
    return made


def drawing(width: Number, height: Number, title: str, parts: Iterable[Element]) -> Markup:
    """Return *parts* as one image, which *title* describes to those who can't see it."""
    root = element(
        "svg",
        class_="drawing",
        role="img",
        aria_label=title,
        viewBox=f"0 0 {_value(width)} {_value(height)}",
        width=width,
        height=height,
    )
    root.append(element("title", title))
    root.extend(parts)
    # The text comes from ElementTree, which has escaped all that was put in.
    return Markup(tostring(root, encoding="unicode"))  # noqa: S704


def _attribute(name: str) -> str:
    return name if name == "viewBox" else name.rstrip("_").replace("_", "-")


def _value(value: str | Number) -> str:
    if isinstance(value, str):
        return inert_line(value, limit=ATTRIBUTE_CHARACTERS_MAX)
    return f"{value:.1f}".removesuffix(".0")
